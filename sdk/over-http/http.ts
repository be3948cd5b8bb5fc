/** The common parts of HTTP requests to a gateway, and the meaning of their errors. */

import type { Refusal } from "../link/link.ts";
import { core } from "./core.ts";

export const MSGPACK_TYPE = "application/msgpack";

export interface HttpOptions {
  /** The gateway's address, `http:` or `https:`, without a path of the protocol. */
  readonly url: string;
  readonly fetch: typeof globalThis.fetch;
  readonly token: string | undefined;
}

/** The address of a video's events, history or other parts. */
export function videoUrl(url: string, video: string, what: string): URL {
  return new URL(`${url}/v1/videos/${video}/${what}`);
}

export function authorization(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { Authorization: `Bearer ${token}` };
}

/**
 * The gateway's refusal, or what it means that something else answered.
 * @param notFound codes of the gateway with status 404
 */
export async function refusalOfResponse(
  response: Response,
  notFound: readonly unknown[] = [],
): Promise<Refusal> {
  let error: unknown;
  try {
    const body = await bodyOf(response);
    error = core.isFields(body) ? body["error"] : undefined;
  } catch {
    // Not an answer of a gateway.
  }
  if (!core.isFields(error) || typeof error["code"] !== "string") return strangerAt(response);
  // A gateway has every path that we request, and other APIs have errors too.
  if (response.status === 404 && !notFound.includes(error["code"])) return strangerAt(response);
  return core.refusalOf(error);
}

/** Statuses below 500 that a proxy uses for itself, not for the path. */
const PROXY_STATUSES = [401, 403, 407, 408, 425, 429];

/** The refusal when something other than a gateway answers. */
export function strangerAt({ status, url, redirected }: Response): Refusal {
  const where = url.split("?")[0];
  if (status === 511 || (redirected && status < 400)) {
    const message = `${where} answers instead: this network may want a sign-in`;
    return { op: "error", code: "captive_portal", message };
  }
  const isProxy = status > 499 || PROXY_STATUSES.includes(status);
  const message = `no gateway answers at ${where}: HTTP status ${status}`;
  return { op: "error", code: isProxy ? "unreachable" : "wrong_address", message };
}

/** Decodes the body according to its content type. */
export async function bodyOf(response: Response): Promise<unknown> {
  const isMsgpack = response.headers.get("content-type")?.startsWith(MSGPACK_TYPE) === true;
  if (!isMsgpack) return await response.json();
  return core.decode(new Uint8Array(await response.arrayBuffer()));
}

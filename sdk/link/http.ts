/** Requests to a gateway over HTTP: to publish and to read history, with the errors as answers. */
import { PING_PATH, PROTOCOL } from "../../shared/protocol/wire/endpoints.ts";
import { decodeMsgpack } from "../wire/msgpack-decode.ts";
import { encodeMsgpack } from "../wire/msgpack-encode.ts";
import { answerOf, type Fields, isFields, refusalOf } from "./incoming.ts";
import type { Answer, Publication, Refusal } from "./link.ts";

const MSGPACK_TYPE = "application/msgpack";

export interface HttpOptions {
  /** The gateway's address, `http:` or `https:`, without a path of the protocol. */
  readonly url: string;
  readonly fetch: typeof globalThis.fetch;
  readonly token: string | undefined;
}

/** Where the events of a video are. */
export function videoUrl(url: string, video: string, what: "events" | "history"): URL {
  return new URL(`${url}/v1/videos/${video}/${what}`);
}

export function authorization(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { Authorization: `Bearer ${token}` };
}

/** What was refused; or, when it wasn't a gateway that said so, what that means. */
export async function refusalOfResponse(response: Response): Promise<Refusal> {
  let error: unknown;
  try {
    const body = await bodyOf(response);
    error = isFields(body) ? body["error"] : undefined;
  } catch {
    // Not in a gateway's form.
  }
  // Each path that we ask for is there, at a gateway's root; and another API may have errors too.
  if (response.status === 404 || !isFields(error) || typeof error["code"] !== "string") {
    return strangerAt(response);
  }
  return refusalOf(error);
}

/** Statuses below 500 by which a proxy speaks of itself, not of the path. */
const PROXY_STATUSES = [401, 403, 407, 408, 425, 429];

/** Something else than a gateway has answered. */
function strangerAt({ status, url, redirected }: Response): Refusal {
  const where = url.split("?")[0];
  if (status === 511 || (redirected && status < 400)) {
    const message = `${where} answers instead: this network may want a sign-in`;
    return { op: "error", code: "captive_portal", message };
  }
  const isProxy = status > 499 || PROXY_STATUSES.includes(status);
  const message = `no gateway answers at ${where}, but HTTP status ${status}`;
  return { op: "error", code: isProxy ? "unreachable" : "wrong_address", message };
}

/** Whether no gateway was reached, so that the answer is none to the request. */
export function isAstray(code: string): boolean {
  return ["unreachable", "wrong_address", "captive_portal"].includes(code);
}

/** The body, decoded as its type says. */
async function bodyOf(response: Response): Promise<unknown> {
  const isMsgpack = response.headers.get("content-type")?.startsWith(MSGPACK_TYPE) ?? false;
  if (isMsgpack) return decodeMsgpack(new Uint8Array(await response.arrayBuffer()));
  return await response.json();
}

/** Whether a gateway answers, and how long the token lives. Rejects when there is no answer. */
export async function pingOverHttp(
  { url, fetch, token }: HttpOptions,
  signal: AbortSignal,
): Promise<Answer> {
  const response = await fetch(url + PING_PATH, {
    headers: authorization(token),
    cache: "no-store",
    signal,
  });
  if (!response.ok) return await refusalOfResponse(response);
  const body = await bodyOf(response).catch(() => undefined);
  if (!isFields(body) || body["protocol"] !== PROTOCOL) return strangerAt(response);
  if (!response.redirected) return answerOf(body);
  // What is published there would lose its body on the way.
  const message = `the address leads on to ${response.url}: use that`;
  return { op: "error", code: "wrong_address", message };
}

/** Publishes one event. Rejects when the gateway can't be reached. */
export async function publishOverHttp(
  { url, fetch, token }: HttpOptions,
  { video, kind, data, eventId }: Publication,
  signal: AbortSignal,
): Promise<Answer> {
  const response = await fetch(videoUrl(url, video, "events"), {
    method: "POST",
    headers: { "Content-Type": MSGPACK_TYPE, ...authorization(token) },
    // In the encoding of a WebSocket, so that the same data is refused or taken on both ways.
    body: encodeMsgpack({ kind, data, id: eventId }),
    signal,
  });
  if (!response.ok) return await refusalOfResponse(response);
  const body = await bodyOf(response);
  const seqs = isFields(body) ? body["seqs"] : undefined;
  const seq: unknown = Array.isArray(seqs) ? seqs[0] : undefined;
  return { op: "result", eventId, seq: typeof seq === "number" ? seq : undefined };
}

/** Reads a page of a video's history. Rejects when the gateway can't be reached. */
export async function historyOverHttp(
  { url, fetch, token }: HttpOptions,
  video: string,
  page: Readonly<Record<string, number | undefined>>,
  signal: AbortSignal,
): Promise<Fields | Refusal> {
  const address = videoUrl(url, video, "history");
  for (const [name, value] of Object.entries(page)) {
    if (value !== undefined) address.searchParams.set(name, String(value));
  }
  const response = await fetch(address, { headers: authorization(token), signal });
  if (!response.ok) return await refusalOfResponse(response);
  const body = await bodyOf(response);
  return isFields(body) ? body : {};
}

/** Requests to a gateway over HTTP: to publish and to read history, with the errors as answers. */
import { PING_PATH } from "../../shared/protocol/wire/endpoints.ts";
import { decodeMsgpack } from "../wire/msgpack-decode.ts";
import { encodeMsgpack } from "../wire/msgpack-encode.ts";
import { type Fields, isFields, refusalOf } from "./incoming.ts";
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

/** What was refused, or `unreachable` when it wasn't a gateway that said so, but a proxy, say. */
export async function refusalOfResponse(response: Response): Promise<Refusal> {
  let error: unknown;
  try {
    const body = await bodyOf(response);
    error = isFields(body) ? body["error"] : undefined;
  } catch {
    // Not in a gateway's form: the status is all there is to tell.
  }
  if (isFields(error)) return refusalOf(error);
  return { op: "error", code: "unreachable", message: `HTTP status ${response.status}` };
}

/** The body, decoded as its type says. */
async function bodyOf(response: Response): Promise<unknown> {
  const isMsgpack = response.headers.get("content-type")?.startsWith(MSGPACK_TYPE) ?? false;
  if (isMsgpack) return decodeMsgpack(new Uint8Array(await response.arrayBuffer()));
  return await response.json();
}

/** Whether a gateway answers. Resolves with its refusal, if any; rejects when there is no answer. */
export async function pingOverHttp(
  { url, fetch, token }: HttpOptions,
  signal: AbortSignal,
): Promise<Refusal | undefined> {
  const response = await fetch(url + PING_PATH, {
    headers: authorization(token),
    cache: "no-store",
    signal,
  });
  return response.ok ? undefined : await refusalOfResponse(response);
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
): Promise<Fields | Refusal> {
  const address = videoUrl(url, video, "history");
  for (const [name, value] of Object.entries(page)) {
    if (value !== undefined) address.searchParams.set(name, String(value));
  }
  const response = await fetch(address, { headers: authorization(token) });
  if (!response.ok) return await refusalOfResponse(response);
  const body = await bodyOf(response);
  return isFields(body) ? body : {};
}

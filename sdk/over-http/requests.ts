/** The requests that go over HTTP instead of a WebSocket: ping and publish. */
import { PING_PATH, PROTOCOL } from "../../shared/protocol/wire/ping.ts";
import type { Answer, Publication } from "../link/link.ts";
import { core } from "./core.ts";
import {
  authorization,
  bodyOf,
  type HttpOptions,
  MSGPACK_TYPE,
  refusalOfResponse,
  strangerAt,
  videoUrl,
} from "./http.ts";

/** Whether the code says that no gateway was reached, so the request was not answered. */
export function reachedNoGateway(code: string): boolean {
  return ["unreachable", "wrong_address", "captive_portal"].includes(code);
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
  if (!core.isFields(body) || body["protocol"] !== PROTOCOL) return strangerAt(response);
  if (!response.redirected) return core.answerOf(body);
  // A redirected publish would lose its body.
  const message = `the address redirects to ${response.url}: use that`;
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
    // Encoded as over a WebSocket, so that both accept the same data.
    body: core.encode({ kind, data, id: eventId }),
    signal,
  });
  if (!response.ok) return await refusalOfResponse(response);
  const body = await bodyOf(response);
  const seqs = core.isFields(body) ? body["seqs"] : undefined;
  const seq: unknown = Array.isArray(seqs) ? seqs[0] : undefined;
  return { op: "result", eventId, seq: typeof seq === "number" ? seq : undefined };
}

/** Stores a message in a stream: https://docs.nats.io/reference/reference-protocols/nats_api_reference#publishing-to-jetstream */
import { type ApiError, JetStreamApiError } from "@nats-io/jetstream";
import { headers, type MsgHdrs } from "nats";
import { asConflict } from "./conflict.ts";
import type { Bus } from "./connection.ts";

/** What a message may need besides its payload: the sequence that it expects, and its trace. */
const HEADERS_LIMIT_BYTES = 1_024;
const EXPECTED = "Nats-Expected-Last-Subject-Sequence";

interface StoreOptions {
  readonly timeoutMs: number;
  /** Only if this is the sequence of the subject's newest message; 0: only if it has none. */
  readonly after?: number | undefined;
  readonly headers?: MsgHdrs | undefined;
}

/** The largest payload that {@link storeMessage} can store on this connection, in bytes. */
export function storableBytes({ maxPayloadBytes }: Pick<Bus, "maxPayloadBytes">): number {
  return maxPayloadBytes - HEADERS_LIMIT_BYTES;
}

type Acknowledgement = { readonly seq: number } | { readonly error: ApiError };

/**
 * @returns the message's sequence in the stream, once it is stored
 * @throws RevisionConflict when the subject's newest message is another one; JetStreamApiError;
 * errors of the client when there is no stream, or no answer; OvationError unavailable, timeout
 */
export async function storeMessage(
  bus: Bus,
  subject: string,
  payload: Uint8Array,
  { timeoutMs, after, headers: given }: StoreOptions,
): Promise<number> {
  let all = given;
  if (after !== undefined) {
    all ??= headers();
    all.set(EXPECTED, String(after));
  }
  const answer = await bus.whileConnected(() =>
    bus.requests.send(subject, payload, timeoutMs, all),
  );
  const acknowledgement = answer.json<Acknowledgement>();
  if ("error" in acknowledgement) throw asConflict(new JetStreamApiError(acknowledgement.error));
  return acknowledgement.seq;
}

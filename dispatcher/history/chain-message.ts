/** A message of the history's stream, read. */
import type { StoredMessage } from "../../shared/bus/history-stream.ts";
import { decodeRecord, type StoredRecord } from "../../shared/protocol/history/record.ts";

/** A message of the stream as it is understood here. */
export interface ChainMessage {
  readonly sequence: number;
  readonly bytes: number;
  /** Undefined when it is none of ours, or of a later version. */
  readonly record: StoredRecord | undefined;
}

export function readMessage({
  payload,
  sequence,
}: Pick<StoredMessage, "payload" | "sequence">): ChainMessage {
  return { sequence, bytes: payload.length, record: decodeRecord(payload) };
}

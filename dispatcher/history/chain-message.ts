/** A decoded message of the history's stream. */
import type { StoredMessage } from "../../shared/bus/stored-message.ts";
import { decodeRecord, type StoredRecord } from "../../shared/protocol/history/record.ts";

export interface ChainMessage {
  readonly sequence: number;
  readonly bytes: number;
  /** Undefined when it isn't ours, or is of a later version. */
  readonly record: StoredRecord | undefined;
}

export function readMessage({
  payload,
  sequence,
}: Pick<StoredMessage, "payload" | "sequence">): ChainMessage {
  return { sequence, bytes: payload.length, record: decodeRecord(payload, true) };
}

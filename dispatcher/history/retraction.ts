/** Works out what deleting a durable event takes. */
import type { DurableEvent } from "../../shared/protocol/history/durable-event.ts";
import type { AmendedRecord, ChainRecord } from "../../shared/protocol/history/record.ts";
import { RETRACTED_KIND } from "../../shared/protocol/kinds.ts";
import { decodeTrustedMsgpack } from "../../shared/protocol/wire/codec.ts";
import type { ChainMessage } from "./chain-message.ts";

/** The event that a retraction deletes. */
export interface Target {
  readonly id: string;
  readonly seq: number;
}

/** The event that a retraction deletes; undefined for an event that isn't a retraction. */
export function targetOf({ kind, retracts, bytes }: DurableEvent): Target | undefined {
  if (kind !== RETRACTED_KIND || retracts === undefined) return undefined;
  const event = decodeTrustedMsgpack(bytes);
  if (typeof event !== "object" || event === null || !("data" in event)) return undefined;
  const { data } = event;
  if (typeof data !== "object" || data === null || !("id" in data)) return undefined;
  return typeof data.id === "string" ? { id: data.id, seq: retracts } : undefined;
}

/** All events that a message holds. */
export function eventsIn(message: ChainMessage): readonly DurableEvent[] {
  return recordsOf(message).flatMap(({ events }) => events);
}

/**
 * The records of these messages without the events that are deleted; a later message wins.
 * @param messages oldest first
 */
export function remainingOf(
  messages: readonly ChainMessage[],
  isDeleted: (event: DurableEvent) => boolean,
): AmendedRecord[] {
  const records = new Map<number, AmendedRecord>();
  for (const record of messages.flatMap(placedRecordsOf)) {
    const { prev, last, events, sequence, after } = record;
    const left = events.filter((event) => !isDeleted(event));
    records.set(last, { prev, last, events: left, sequence, after });
  }
  return [...records.values()].toSorted((one, other) => one.last - other.last);
}

function placedRecordsOf({ sequence, record }: ChainMessage): readonly AmendedRecord[] {
  return record === undefined ? [] : [...record.amended, { ...record, sequence }];
}

function recordsOf({ record }: ChainMessage): readonly ChainRecord[] {
  return record === undefined ? [] : [...record.amended, record];
}

/** Works out from a video's whole history what deleting a durable event takes. */
import type { DurableEvent } from "../../shared/protocol/history/durable-event.ts";
import type { ChainRecord } from "../../shared/protocol/history/record.ts";
import { RETRACTED_KIND } from "../../shared/protocol/kinds.ts";
import { decodeTrustedMsgpack } from "../../shared/protocol/wire/codec.ts";
import type { ChainMessage } from "./chain-message.ts";

/** The event that a retraction deletes. */
export interface Target {
  readonly id: string;
  readonly seq: number;
}

export type Finding =
  | { readonly state: "unknown" }
  /** It was deleted before, by the event with `seq`. */
  | { readonly state: "retracted"; readonly seq: number; readonly holders: readonly number[] }
  | {
      readonly state: "present";
      readonly target: Target;
      /** Sequences of the messages that hold its content. */
      readonly holders: readonly number[];
      /** The other content of those messages. */
      readonly remaining: readonly ChainRecord[];
    };

/** The event that a retraction deletes; undefined for an event that isn't a retraction. */
export function targetOf({ kind, retracts, bytes }: DurableEvent): Target | undefined {
  if (kind !== RETRACTED_KIND || retracts === undefined) return undefined;
  const event = decodeTrustedMsgpack(bytes);
  if (typeof event !== "object" || event === null || !("data" in event)) return undefined;
  const { data } = event;
  if (typeof data !== "object" || data === null || !("id" in data)) return undefined;
  return typeof data.id === "string" ? { id: data.id, seq: retracts } : undefined;
}

function recordsOf({ record }: ChainMessage): readonly ChainRecord[] {
  return record === undefined ? [] : [...record.amended, record];
}

function holds(message: ChainMessage, seq: number): boolean {
  return recordsOf(message).some(({ events }) => events.some((event) => event.seq === seq));
}

/** The records of these messages without the events of these seqs; a later message wins. */
function without(messages: readonly ChainMessage[], gone: ReadonlySet<number>): ChainRecord[] {
  const records = new Map<number, ChainRecord>();
  for (const { prev, last, events } of messages.flatMap(recordsOf)) {
    records.set(last, { prev, last, events: events.filter(({ seq }) => !gone.has(seq)) });
  }
  return [...records.values()].toSorted((one, other) => one.last - other.last);
}

/**
 * Finds an event.
 * @param messages the video's whole history, oldest first
 */
export function findEvent(messages: readonly ChainMessage[], id: string): Finding {
  const events = messages.flatMap(recordsOf).flatMap((record) => record.events);
  const gone = new Map<number, number>();
  let retracted: { seq: number; target: Target } | undefined;
  for (const event of events) {
    if (event.retracts !== undefined) gone.set(event.retracts, event.seq);
    const target = targetOf(event);
    if (target?.id === id) retracted = { seq: event.seq, target };
  }
  const present = events.findLast(
    (event) => event.id === id && event.kind !== RETRACTED_KIND && !gone.has(event.seq),
  );
  const seq = present?.seq ?? retracted?.target.seq;
  if (seq === undefined) return { state: "unknown" };
  const holders = messages.filter((message) => holds(message, seq));
  const sequences = holders.map(({ sequence }) => sequence);
  if (present === undefined) {
    return { state: "retracted", seq: retracted?.seq ?? 0, holders: sequences };
  }
  return {
    state: "present",
    target: { id, seq },
    holders: sequences,
    remaining: without(holders, new Set([...gone.keys(), seq])),
  };
}

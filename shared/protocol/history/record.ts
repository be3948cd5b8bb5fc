/**
 * What one commit adds to a video's chain of durable events: one or more events, stored as one
 * message. Each record names the one before it, so that a reader detects a fork or a hole.
 *
 * `seq` increases along the chain and is never assigned twice, even when a store lost its newest
 * messages: it is the time of the commit in microseconds since 1970, or one above its predecessor.
 *
 * A message, as msgpack: `[2, after, record, amended, [origin, {kind: number}]]`, a record being
 * `[prev, last, [[kind, id, seq, event bytes, retracted seq or nil, owner], …]]`; an amended one also
 * says where it was: `[prev, last, events, sequence, after]`. docs/records.md is about this format.
 * Dispatchers forward the same bytes that they stored to the gateways; for a record that belongs to
 * a trace, they append its `traceparent`.
 */

import { type TraceContext, traceparentOf } from "../../runtime/tracing/trace-context.ts";
import type { ChainTotals } from "../totals/totals.ts";
import { tallyObject, tallyOf } from "../totals/totals-document.ts";
import { decodeTrustedMsgpack, encodeMsgpack } from "../wire/codec.ts";
import type { DurableEvent } from "./durable-event.ts";

/** The least `seq` that an event stored at this time has, or later. @param at milliseconds since 1970 */
export function seqAt(at: number): number {
  return at * 1_000;
}

/** When the event with this `seq` was stored, in milliseconds since 1970. */
export function timeOf(seq: number): number {
  return Math.floor(seq / 1_000);
}

export const RECORD_VERSION = 2;
/** Entries of a stored message; a `traceparent` may follow them. */
export const RECORD_LENGTH = 5;

/** A link of the chain. */
export interface ChainRecord {
  /** `last` of the record before; 0 when there was none. */
  readonly prev: number;
  /** `seq` of its last event, also when that event was removed later. */
  readonly last: number;
  /** In the order of `seq`. */
  readonly events: readonly DurableEvent[];
}

/** How many events of each kind the chain has had since its first one, without deleted ones. */
export type ChainCounts = Pick<ChainTotals, "origin" | "counts">;

/** Of a chain that begins with its next event. */
export const NO_COUNTS: ChainCounts = { origin: 0, counts: new Map() };

/** A record whose own message was erased, with its remaining events, and where it was. */
export interface AmendedRecord extends ChainRecord {
  /** Sequence in the stream of its own message. */
  readonly sequence: number;
  /** {@link StoredRecord.after} of its own message. */
  readonly after: number;
}

/** A record in the form that is stored. */
export interface StoredRecord extends ChainRecord {
  /** Sequence in the stream of the video's message before this one; 0 when there was none. */
  readonly after: number;
  readonly amended: readonly AmendedRecord[];
  /** Up to its end. */
  readonly counts: ChainCounts;
}

/** The record with which a chain begins anew after all before it was erased on request. */
export function erasure(seq: number, after: number): StoredRecord {
  // Its predecessor is none that anybody knows, so it continues no chain.
  const counts = { origin: seq, counts: new Map<string, number>() };
  return { prev: seq - 1, last: seq, events: [], after, amended: [], counts };
}

/** Whether it is such a record. */
export function isErasure({ prev, last, events, counts }: StoredRecord): boolean {
  return events.length === 0 && prev === last - 1 && counts.origin === last;
}

/** What a record says about the video's totals. */
export function chainTotalsOf({
  last,
  counts,
}: Pick<StoredRecord, "last" | "counts">): ChainTotals {
  return { ...counts, seq: last };
}

type EventEntry = [
  kind: string,
  id: string,
  seq: number,
  bytes: Uint8Array,
  retracts: number | null,
  owner: string | null,
];
type RecordEntry = [prev: number, last: number, events: EventEntry[]];
type AmendedEntry = [...RecordEntry, sequence: number, after: number];

function recordEntry({ prev, last, events }: ChainRecord): RecordEntry {
  return [
    prev,
    last,
    events.map(({ kind, id, seq, bytes, retracts, owner }): EventEntry => {
      return [kind, id, seq, bytes, retracts ?? null, owner ?? null];
    }),
  ];
}

function amendedEntry(record: AmendedRecord): AmendedEntry {
  return [...recordEntry(record), record.sequence, record.after];
}

/** @param trace the trace, for a message to gateways; a stored one has none */
export function encodeRecord(record: StoredRecord, trace?: TraceContext): Buffer {
  const { after, amended, counts } = record;
  const entries = [
    RECORD_VERSION,
    after,
    recordEntry(record),
    amended.map(amendedEntry),
    [counts.origin, tallyObject(counts.counts)],
  ];
  return encodeMsgpack(trace === undefined ? entries : [...entries, traceparentOf(trace)]);
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

function parseEvent(entry: unknown, withOwner: boolean): DurableEvent | undefined {
  if (!Array.isArray(entry)) return undefined;
  const [kind, id, seq, bytes, retracts, owner]: unknown[] = entry;
  if (typeof kind !== "string" || typeof id !== "string" || typeof seq !== "number") return;
  if (!(bytes instanceof Uint8Array)) return undefined;
  // A copy: the event is kept, and would keep its whole network buffer with it.
  const event: Writable<DurableEvent> = { kind, id, seq, bytes: new Uint8Array(bytes) };
  if (typeof retracts === "number") event.retracts = retracts;
  if (withOwner && typeof owner === "string") event.owner = owner;
  return event;
}

function parseRecord(entry: unknown, withOwners: boolean): ChainRecord | undefined {
  if (!Array.isArray(entry)) return undefined;
  const [prev, last, events]: unknown[] = entry;
  if (typeof prev !== "number" || typeof last !== "number" || !Array.isArray(events)) return;
  const parsed = events.map((event) => parseEvent(event, withOwners));
  return { prev, last, events: parsed.filter((event) => event !== undefined) };
}

function parseAmended(entry: unknown, withOwners: boolean): AmendedRecord | undefined {
  const record = parseRecord(entry, withOwners);
  if (record === undefined || !Array.isArray(entry)) return undefined;
  const [sequence, after]: unknown[] = entry.slice(3);
  if (typeof sequence !== "number" || typeof after !== "number") return undefined;
  return { ...record, sequence, after };
}

/**
 * Parses the decoded list of a message; undefined when it isn't ours.
 * @param withOwners gateways keep the events, and need no owners
 */
export function parseStoredRecord(
  value: readonly unknown[],
  withOwners = false,
): StoredRecord | undefined {
  const [version, after, entry, amended, counts] = value;
  const record = parseRecord(entry, withOwners);
  if (version !== RECORD_VERSION || typeof after !== "number" || record === undefined) return;
  const more = Array.isArray(amended) ? amended : [];
  return {
    ...record,
    after,
    amended: more
      .map((one: unknown) => parseAmended(one, withOwners))
      .filter((one) => one !== undefined),
    counts: parseCounts(counts),
  };
}

function parseCounts(value: unknown): ChainCounts {
  if (!Array.isArray(value)) return NO_COUNTS;
  const [origin, counts]: unknown[] = value;
  return typeof origin === "number" ? { origin, counts: tallyOf(counts) } : NO_COUNTS;
}

/** The inverse of {@link encodeRecord}; undefined for a payload that isn't ours. */
export function decodeRecord(payload: Uint8Array, withOwners = false): StoredRecord | undefined {
  try {
    const value = decodeTrustedMsgpack(payload);
    return Array.isArray(value) ? parseStoredRecord(value, withOwners) : undefined;
  } catch {
    return undefined;
  }
}

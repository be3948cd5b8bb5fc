/**
 * A video's timeline: what happened in each ten seconds, one value of a bucket for each hour, as
 * msgpack: `[1, kinds, [[slot, viewers or nil, …numbers of the kinds], …], marks, floor]`.
 */
import { decodeTrustedMsgpack, encodeMsgpack } from "../wire/codec.ts";
import { joinMarks, type Marks, NO_MARKS } from "./marks.ts";
import { addTo, largerOf, type ReadonlyTally, type Tally } from "./totals.ts";
import { marksFields, marksOf } from "./totals-document.ts";

const VERSION = 1;
export const SLOT_MS = 10_000;
export const HOUR_MS = 3_600_000;

/** What happened in one slot. */
export interface Slot {
  /** How many events were accepted, by kind. */
  readonly counts: ReadonlyTally;
  /** The viewers at its end; undefined when nothing said so. */
  readonly viewers: number | undefined;
}

/** One hour, by the number of the slot in it. */
export interface TimelineDocument {
  readonly slots: ReadonlyMap<number, Slot>;
  readonly marks: Marks;
}

export const NO_TIMELINE: TimelineDocument = { slots: new Map(), marks: NO_MARKS };

/** The hour of a moment, counted from 1970. */
export function hourOf(at: number): number {
  return Math.floor(at / HOUR_MS);
}

/** The slot of a moment, counted from the start of its hour. */
export function slotOf(at: number): number {
  return Math.floor((at % HOUR_MS) / SLOT_MS);
}

function kindsOf(slots: TimelineDocument["slots"]): readonly string[] {
  return [...new Set([...slots.values()].flatMap(({ counts }) => [...counts.keys()]))];
}

export function encodeTimeline({ slots, marks }: TimelineDocument): Buffer {
  const kinds = kindsOf(slots);
  const rows = [...slots].map(([slot, { counts, viewers }]) => [
    slot,
    viewers ?? null,
    ...kinds.map((kind) => counts.get(kind) ?? 0),
  ]);
  return encodeMsgpack([VERSION, kinds, rows, ...marksFields(marks)]);
}

function parseRow(row: unknown, kinds: readonly unknown[]): [number, Slot] | undefined {
  if (!Array.isArray(row)) return undefined;
  const [slot, viewers, ...numbers]: unknown[] = row;
  if (typeof slot !== "number") return undefined;
  const counts: Tally = new Map();
  for (const [index, number] of numbers.entries()) {
    const kind = kinds[index];
    if (typeof kind === "string" && typeof number === "number" && number > 0) {
      counts.set(kind, number);
    }
  }
  return [slot, { counts, viewers: typeof viewers === "number" ? viewers : undefined }];
}

/** The inverse of {@link encodeTimeline}; undefined for bytes that aren't ours. */
export function decodeTimeline(bytes: Uint8Array): TimelineDocument | undefined {
  let value: unknown;
  try {
    value = decodeTrustedMsgpack(bytes);
  } catch {
    return undefined;
  }
  if (!Array.isArray(value)) return undefined;
  const [version, kinds, rows, marks, floor]: unknown[] = value;
  if (version !== VERSION || !Array.isArray(kinds) || !Array.isArray(rows)) return undefined;
  const parsed = rows.map((row: unknown) => parseRow(row, kinds));
  return {
    slots: new Map(parsed.filter((row) => row !== undefined)),
    marks: marksOf(marks, floor),
  };
}

const NOTHING: Slot = { counts: new Map(), viewers: undefined };

/** The timeline with more events and newer numbers of viewers. */
export function withSlots(
  { slots, marks }: TimelineDocument,
  added: ReadonlyMap<number, Slot>,
): TimelineDocument {
  const all = new Map(slots);
  for (const [slot, { counts, viewers }] of added) {
    const known = all.get(slot) ?? NOTHING;
    const sum: Tally = new Map(known.counts);
    for (const [kind, count] of counts) addTo(sum, kind, count);
    all.set(slot, { counts: sum, viewers: viewers ?? known.viewers });
  }
  return { slots: all, marks };
}

/** Two versions of one hour, neither of which may have all that the other has. */
export function joinTimelines(one: TimelineDocument, other: TimelineDocument): TimelineDocument {
  const slots = new Map(other.slots);
  for (const [slot, { counts, viewers }] of one.slots) {
    const known = slots.get(slot) ?? NOTHING;
    slots.set(slot, {
      counts: largerOf(counts, known.counts),
      viewers: viewers ?? known.viewers,
    });
  }
  return { slots, marks: joinMarks(one.marks, other.marks) };
}

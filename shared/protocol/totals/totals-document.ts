/**
 * A video's totals as one value of a bucket, msgpack:
 * `[1, setAt, counts, base, [origin, seq, counts], marks, floor]`, numbers by name as maps and
 * marks as `{writer: [number, over]}`. The message that tells gateways of it has the first five.
 */
import { decodeTrustedMsgpack, encodeMsgpack } from "../wire/codec.ts";
import { joinMarks, type Mark, type Marks, NO_MARKS } from "./marks.ts";
import {
  type ChainTotals,
  joinTotals,
  NO_TOTALS,
  type ReadonlyTally,
  type Tally,
  type VideoTotals,
} from "./totals.ts";

const VERSION = 1;

/** What is stored: the totals, and whose writes are in them. */
export interface TotalsDocument {
  readonly totals: VideoTotals;
  readonly marks: Marks;
}

export const NO_DOCUMENT: TotalsDocument = { totals: NO_TOTALS, marks: NO_MARKS };

/** A tally as an object that msgpack writes as a map. */
export function tallyObject(tally: ReadonlyTally): Record<string, number> {
  return Object.fromEntries(tally);
}

/** The inverse of {@link tallyObject}; entries that aren't numbers are left out. */
export function tallyOf(value: unknown): Tally {
  const tally: Tally = new Map();
  if (typeof value !== "object" || value === null) return tally;
  for (const [name, count] of Object.entries(value)) {
    if (typeof count === "number") tally.set(name, count);
  }
  return tally;
}

function chainFields({ origin, seq, counts }: ChainTotals): readonly unknown[] {
  return [origin, seq, tallyObject(counts)];
}

/** The inverse of {@link chainFields}. */
function chainOf(value: unknown): ChainTotals | undefined {
  if (!Array.isArray(value)) return undefined;
  const [origin, seq, counts]: unknown[] = value;
  if (typeof origin !== "number" || typeof seq !== "number") return undefined;
  return { origin, seq, counts: tallyOf(counts) };
}

export function marksFields({ byWriter, floor }: Marks): readonly unknown[] {
  const entries = [...byWriter].map(([writer, { number, over }]) => [writer, [number, over]]);
  return [Object.fromEntries(entries), floor];
}

/** The inverse of {@link marksFields}. */
export function marksOf(value: unknown, floor: unknown): Marks {
  const byWriter = new Map<string, Mark>();
  if (typeof value !== "object" || value === null) return NO_MARKS;
  for (const [writer, mark] of Object.entries(value)) {
    if (!Array.isArray(mark)) continue;
    const [number, over]: unknown[] = mark;
    if (typeof number === "number" && typeof over === "number") {
      byWriter.set(writer, { number, over });
    }
  }
  return { byWriter, floor: typeof floor === "number" ? floor : NO_MARKS.floor };
}

function totalsFields({ setAt, counts, base, chain }: VideoTotals): readonly unknown[] {
  return [setAt, tallyObject(counts), tallyObject(base), chainFields(chain)];
}

/** The totals without marks, for gateways. */
export function encodeTotals(totals: VideoTotals): Buffer {
  return encodeMsgpack([VERSION, ...totalsFields(totals)]);
}

export function encodeTotalsDocument({ totals, marks }: TotalsDocument): Buffer {
  return encodeMsgpack([VERSION, ...totalsFields(totals), ...marksFields(marks)]);
}

/** The inverse of both; undefined for bytes that aren't ours. */
export function decodeTotalsDocument(bytes: Uint8Array): TotalsDocument | undefined {
  let value: unknown;
  try {
    value = decodeTrustedMsgpack(bytes);
  } catch {
    return undefined;
  }
  if (!Array.isArray(value)) return undefined;
  const [version, setAt, counts, base, chainValue, marks, floor]: unknown[] = value;
  const chain = chainOf(chainValue);
  if (version !== VERSION || typeof setAt !== "number" || chain === undefined) return undefined;
  const totals = { setAt, counts: tallyOf(counts), base: tallyOf(base), chain };
  return { totals, marks: marksOf(marks, floor) };
}

/** Two versions of one document, neither of which may have all that the other has. */
export function joinDocuments(one: TotalsDocument, other: TotalsDocument): TotalsDocument {
  return {
    totals: joinTotals(one.totals, other.totals),
    marks: joinMarks(one.marks, other.marks),
  };
}

/**
 * How many events of each kind a video has had: the totals that dispatchers store and gateways
 * show. Two states of one video's totals can be joined, in any order and more than once, so it
 * doesn't matter which arrives first.
 */
/** Numbers by name: a kind, or a kind and a variant, as {@link variantName} joins them. */
export type Totals = Readonly<Record<string, number>>;

/** Numbers that are being added up. */
export type Tally = Map<string, number>;
export type ReadonlyTally = ReadonlyMap<string, number>;

/**
 * What a video's chain says about its durable events: each record has the numbers up to itself. A
 * chain whose records have all expired is followed by another one, which starts at zero.
 */
export interface ChainTotals {
  /** The `seq` of the chain's first event: identifies the chain. 0 for a chain without events. */
  readonly origin: number;
  /** The `seq` up to which the numbers count. */
  readonly seq: number;
  readonly counts: ReadonlyTally;
}

/** A video's totals, as they are stored and sent to gateways. */
export interface VideoTotals {
  /** When somebody last set the totals, in milliseconds since 1970; 0: never. */
  readonly setAt: number;
  /** Of transient kinds and their variants. */
  readonly counts: ReadonlyTally;
  /** What durable kinds had before the present chain. */
  readonly base: ReadonlyTally;
  /** Durable kinds, by the video's chain. */
  readonly chain: ChainTotals;
}

const NONE: ReadonlyTally = new Map();
export const NO_CHAIN: ChainTotals = { origin: 0, seq: 0, counts: NONE };
export const NO_TOTALS: VideoTotals = { setAt: 0, counts: NONE, base: NONE, chain: NO_CHAIN };

/** The name of a kind's variant in totals and counts. A kind's name has no colon. */
export function variantName(kind: string, variant: string): string {
  return `${kind}:${variant}`;
}

/** Adds to a number; it stops at the largest that every client can read. */
export function addTo(tally: Tally, name: string, count: number): void {
  tally.set(name, Math.min((tally.get(name) ?? 0) + count, Number.MAX_SAFE_INTEGER));
}

export function sumOf(one: ReadonlyTally, other: ReadonlyTally): Tally {
  const sum = new Map(one);
  for (const [name, count] of other) addTo(sum, name, count);
  return sum;
}

/** The larger of the two numbers of each name. */
export function largerOf(one: ReadonlyTally, other: ReadonlyTally): ReadonlyTally {
  if (one === other) return one;
  const larger = new Map(one);
  for (const [name, count] of other) larger.set(name, Math.max(larger.get(name) ?? 0, count));
  return larger;
}

/** The totals with what a record of the chain says, unless they know a later one. */
export function withChain(totals: VideoTotals, chain: ChainTotals): VideoTotals {
  const known = totals.chain;
  if (chain.seq <= known.seq) return totals;
  if (chain.origin === known.origin) return { ...totals, chain };
  return { ...totals, base: sumOf(totals.base, known.counts), chain };
}

/**
 * Joins what is known from two sources. Numbers only grow until somebody sets them, so the larger
 * one is the later; of two that were set, the one that was set last.
 */
export function joinTotals(one: VideoTotals, other: VideoTotals): VideoTotals {
  if (one.setAt !== other.setAt) {
    const [set, older] = one.setAt > other.setAt ? [one, other] : [other, one];
    return withChain(set, older.chain);
  }
  const later = one.chain.seq >= other.chain.seq ? one : other;
  return { ...later, counts: largerOf(one.counts, other.counts) };
}

/** The totals as viewers get them: names in their alphabet's order, without those that are zero. */
export function shownTotals({ counts, base, chain }: VideoTotals): Totals {
  const durable = sumOf(base, chain.counts);
  const shown: Record<string, number> = {};
  for (const [name, count] of [...counts, ...durable].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    if (count > 0) shown[name] = count;
  }
  return shown;
}

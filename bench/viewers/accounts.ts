/**
 * What each viewer got, held against what was published. Of every viewer: the exact number it was
 * told, and which events it saw one by one, so that one seen twice is found. Memory per viewer is
 * fixed: which events were seen is remembered for the newest few thousand of them.
 */
import type { Told } from "../wire/dialect.ts";

/** Events whose number is remembered, per viewer; a power of two. */
export const WINDOW = 4_096;
const WORDS = WINDOW / 32;

/** Events that each viewer of a video is due: all that were accepted, at most those unsure as well. */
export interface Due {
  readonly least: number;
  readonly most: number;
}

/** The sums over the viewers of a run; each is a number of its own. */
export interface Exactness {
  /** Viewers that were there from the first event to the last, and so can be judged. */
  judged: number;
  /** Viewers that lost their connection or came later: not judged for losses. */
  unjudged: number;
  /** Deliveries due to the judged viewers: events published, times viewers. */
  due: number;
  /** Deliveries that judged viewers were told of, by events or by counts. */
  told: number;
  /** Of these, those that were seen as events; the others came as exact counts. */
  seen: number;
  countedOnly: number;
  /** Due and never told. */
  lost: number;
  /** Told beyond all that may have been taken. */
  surplus: number;
  /** Seen as events twice, by any viewer. */
  twice: number;
  /** So far behind the newest that it can't be said whether they were seen before. */
  stale: number;
  /** Durable events whose `prev` is not the one that the viewer had before: gaps or disorder. */
  chainBreaks: number;
}

export function noExactness(): Exactness {
  return {
    judged: 0,
    unjudged: 0,
    due: 0,
    told: 0,
    seen: 0,
    countedOnly: 0,
    lost: 0,
    surplus: 0,
    twice: 0,
    stale: 0,
    chainBreaks: 0,
  };
}

export function addExactness(sum: Exactness, part: Exactness): void {
  for (const key of Object.keys(sum) as (keyof Exactness)[]) sum[key] += part[key];
}

/** Arrays and not objects, as there is one entry per viewer and one write per delivery. */
export class Accounts {
  readonly #told: Float64Array;
  readonly #seen: Float64Array;
  readonly #twice: Uint32Array;
  readonly #stale: Uint32Array;
  readonly #chainBreaks: Uint32Array;
  readonly #lastSeq: Float64Array;
  /** One more than the greatest number seen. */
  readonly #top: Float64Array;
  readonly #window: Uint32Array;

  constructor(viewers: number) {
    this.#told = new Float64Array(viewers);
    this.#seen = new Float64Array(viewers);
    this.#twice = new Uint32Array(viewers);
    this.#stale = new Uint32Array(viewers);
    this.#chainBreaks = new Uint32Array(viewers);
    this.#lastSeq = new Float64Array(viewers).fill(-1);
    this.#top = new Float64Array(viewers);
    this.#window = new Uint32Array(viewers * WORDS);
  }

  told(viewer: number): number {
    return this.#told[viewer] ?? 0;
  }

  take(viewer: number, { count, numbers, links }: Told): void {
    add(this.#told, viewer, count);
    add(this.#seen, viewer, numbers.length);
    for (const number of numbers) this.#mark(viewer, number);
    for (const { prev, seq } of links) {
      const last = this.#lastSeq[viewer] ?? -1;
      if (last >= 0 && last !== prev) add(this.#chainBreaks, viewer, 1);
      this.#lastSeq[viewer] = seq;
    }
  }

  /** @param due what the viewer should have been told; undefined if that can't be known */
  judge(viewer: number, due: Due | undefined, into: Exactness): void {
    into.twice += this.#twice[viewer] ?? 0;
    into.stale += this.#stale[viewer] ?? 0;
    into.chainBreaks += this.#chainBreaks[viewer] ?? 0;
    if (due === undefined) {
      into.unjudged += 1;
      return;
    }
    const told = this.told(viewer);
    const seen = this.#seen[viewer] ?? 0;
    into.judged += 1;
    into.due += due.least;
    into.told += told;
    into.seen += seen;
    into.countedOnly += told - seen;
    into.lost += Math.max(0, due.least - told);
    into.surplus += Math.max(0, told - due.most);
  }

  #mark(viewer: number, number: number): void {
    const top = this.#top[viewer] ?? 0;
    if (number >= top) {
      // What lies between has not been seen; its bits are of numbers one window earlier.
      for (let n = Math.max(top, number - WINDOW + 1); n < number; n += 1) this.#bit(viewer, n, 0);
      this.#bit(viewer, number, 1);
      this.#top[viewer] = number + 1;
    } else if (number < top - WINDOW) add(this.#stale, viewer, 1);
    else if (this.#bit(viewer, number, 1)) add(this.#twice, viewer, 1);
  }

  /** Sets a number's bit; returns whether it was set. */
  #bit(viewer: number, number: number, value: 0 | 1): boolean {
    const place = number & (WINDOW - 1);
    const word = viewer * WORDS + (place >> 5);
    const mask = 1 << (place & 31);
    const before = this.#window[word] ?? 0;
    this.#window[word] = value === 1 ? before | mask : before & ~mask;
    return (before & mask) !== 0;
  }
}

function add(array: Float64Array | Uint32Array, index: number, value: number): void {
  array[index] = (array[index] ?? 0) + value;
}

/**
 * Compares what each viewer got with what was published. For every viewer it keeps the exact number of
 * events received, and which events it saw individually, to find repeats. Memory per viewer is fixed:
 * only the newest few thousand events are remembered.
 */
import type { ReceivedEvents } from "../wire/dialect.ts";

/** Events whose number is remembered, per viewer; a power of two. */
export const WINDOW = 4_096;
const WORDS = WINDOW / 32;

/** Events that each viewer of a video should get: at least the accepted ones, at most also the unsure. */
export interface ExpectedDeliveries {
  readonly least: number;
  readonly most: number;
}

/** Sums over the viewers of a run. */
export interface Exactness {
  /** Viewers that were connected from the first event to the last, so that they can be judged. */
  judged: number;
  /** Viewers that lost their connection or connected later: not judged for losses. */
  unjudged: number;
  /** Deliveries that the judged viewers should get: events published times viewers. */
  expected: number;
  /** Deliveries that judged viewers received, as events or in counts. */
  received: number;
  /** Of these, the ones seen as events; the others arrived as exact counts. */
  seen: number;
  countedOnly: number;
  /** Expected and never received. */
  lost: number;
  /** Received beyond everything that may have been accepted. */
  surplus: number;
  /** Seen as events twice, by any viewer. */
  twice: number;
  /** So far behind the newest that a repeat can't be detected. */
  stale: number;
  /** Durable events whose `prev` is not the viewer's previous one: gaps or disorder. */
  chainBreaks: number;
}

export function noExactness(): Exactness {
  return {
    judged: 0,
    unjudged: 0,
    expected: 0,
    received: 0,
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

/** Uses arrays instead of objects, because there is one entry per viewer and one write per delivery. */
export class Accounts {
  readonly #received: Float64Array;
  readonly #seen: Float64Array;
  readonly #twice: Uint32Array;
  readonly #stale: Uint32Array;
  readonly #chainBreaks: Uint32Array;
  readonly #lastSeq: Float64Array;
  /** One more than the highest number seen. */
  readonly #top: Float64Array;
  readonly #window: Uint32Array;

  constructor(viewers: number) {
    this.#received = new Float64Array(viewers);
    this.#seen = new Float64Array(viewers);
    this.#twice = new Uint32Array(viewers);
    this.#stale = new Uint32Array(viewers);
    this.#chainBreaks = new Uint32Array(viewers);
    this.#lastSeq = new Float64Array(viewers).fill(-1);
    this.#top = new Float64Array(viewers);
    this.#window = new Uint32Array(viewers * WORDS);
  }

  received(viewer: number): number {
    return this.#received[viewer] ?? 0;
  }

  take(viewer: number, { count, numbers, links }: ReceivedEvents): void {
    add(this.#received, viewer, count);
    add(this.#seen, viewer, numbers.length);
    for (const number of numbers) this.#mark(viewer, number);
    for (const { prev, seq } of links) {
      const last = this.#lastSeq[viewer] ?? -1;
      if (last >= 0 && last !== prev) add(this.#chainBreaks, viewer, 1);
      this.#lastSeq[viewer] = seq;
    }
  }

  /** @param expected what the viewer should have received; undefined if that is unknown */
  judge(viewer: number, expected: ExpectedDeliveries | undefined, into: Exactness): void {
    into.twice += this.#twice[viewer] ?? 0;
    into.stale += this.#stale[viewer] ?? 0;
    into.chainBreaks += this.#chainBreaks[viewer] ?? 0;
    if (expected === undefined) {
      into.unjudged += 1;
      return;
    }
    const received = this.received(viewer);
    const seen = this.#seen[viewer] ?? 0;
    into.judged += 1;
    into.expected += expected.least;
    into.received += received;
    into.seen += seen;
    into.countedOnly += received - seen;
    into.lost += Math.max(0, expected.least - received);
    into.surplus += Math.max(0, received - expected.most);
  }

  #mark(viewer: number, number: number): void {
    const top = this.#top[viewer] ?? 0;
    if (number >= top) {
      // The numbers in between have not been seen; their bits belong to numbers one window earlier.
      for (let n = Math.max(top, number - WINDOW + 1); n < number; n += 1) this.#bit(viewer, n, 0);
      this.#bit(viewer, number, 1);
      this.#top[viewer] = number + 1;
    } else if (number < top - WINDOW) add(this.#stale, viewer, 1);
    else if (this.#bit(viewer, number, 1)) add(this.#twice, viewer, 1);
  }

  /** Sets a number's bit; returns whether it was set. */
  #bit(viewer: number, number: number, value: 0 | 1): boolean {
    const slot = number & (WINDOW - 1);
    const word = viewer * WORDS + (slot >> 5);
    const mask = 1 << (slot & 31);
    const before = this.#window[word] ?? 0;
    this.#window[word] = value === 1 ? before | mask : before & ~mask;
    return (before & mask) !== 0;
  }
}

function add(array: Float64Array | Uint32Array, index: number, value: number): void {
  array[index] = (array[index] ?? 0) + value;
}

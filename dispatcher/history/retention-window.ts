/** Sizes of one video's messages that this dispatcher saw stored, to know when to trim. */
import type { StoredRecord } from "../../shared/protocol/history/record.ts";

/** How much of one video is kept. */
export interface KeepLimits {
  /** The store itself keeps no more messages than this. */
  readonly events: number;
  readonly bytes: number;
}

/** Trimming is worth a request only once this factor over a limit is stored. */
const SLACK = 1.25;

interface Kept {
  readonly sequence: number;
  readonly last: number;
  readonly events: number;
  readonly bytes: number;
}

export class RetentionWindow {
  readonly #limits: KeepLimits;
  /** Oldest first. */
  #list: Kept[] = [];
  #events = 0;
  #bytes = 0;

  constructor(limits: KeepLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#list.length;
  }

  /** Adds the video's newest message. Those whose records it took over were erased. */
  add(sequence: number, record: StoredRecord, bytes: number): void {
    let events = record.events.length;
    for (const { last, events: remaining } of record.amended) {
      events += remaining.length;
      this.#forget((kept) => kept.last === last);
    }
    this.#list.push({ sequence, last: record.last, events, bytes });
    this.#events += events;
    this.#bytes += bytes;
    if (this.#list.length > this.#limits.events) this.#subtract(this.#list.shift());
  }

  /**
   * Where to trim: the sequence of the first message to keep, so that as many events stay as the
   * limits allow; undefined while no trim is needed.
   */
  firstToKeep(): number | undefined {
    const { events: eventLimit, bytes: byteLimit } = this.#limits;
    if (this.#events <= SLACK * eventLimit && this.#bytes <= SLACK * byteLimit) return undefined;
    let events = 0;
    let bytes = 0;
    let first: number | undefined;
    for (const kept of this.#list.toReversed()) {
      if (events >= eventLimit) break;
      if (first !== undefined && bytes + kept.bytes > byteLimit) break;
      events += kept.events;
      bytes += kept.bytes;
      first = kept.sequence;
    }
    return first === this.#list[0]?.sequence ? undefined : first;
  }

  /** The messages before this sequence are gone from the store. */
  forgetBefore(sequence: number): void {
    this.#forget((kept) => kept.sequence < sequence);
  }

  clear(): void {
    this.#list = [];
    this.#events = 0;
    this.#bytes = 0;
  }

  #forget(isGone: (kept: Kept) => boolean): void {
    this.#list = this.#list.filter((kept) => {
      if (!isGone(kept)) return true;
      this.#subtract(kept);
      return false;
    });
  }

  #subtract(kept: Kept | undefined): void {
    this.#events -= kept?.events ?? 0;
    this.#bytes -= kept?.bytes ?? 0;
  }
}

/**
 * A video's chain of durable events as far as it is known here: a part without a gap that ends at
 * its head, and records beyond a gap that wait for what is missing. Merges live records, in any
 * order and more than once, with records read from the store.
 */
import type { DurableEvent } from "../../shared/protocol/history/durable-event.ts";
import {
  type ChainRecord,
  type StoredRecord,
  seqAt,
} from "../../shared/protocol/history/record.ts";
import type { WallClock } from "../../shared/runtime/lifecycle.ts";
import { contiguousRecords } from "./contiguous-records.ts";

export interface TimelineLimits {
  /** At least this many events are kept, if there are as many. */
  readonly events: number;
  /** At most this many bytes of events are kept, except for a single larger record. */
  readonly bytes: number;
  readonly ageMs: number;
}

interface Link {
  readonly prev: number;
  readonly last: number;
}

/** Which kinds are wanted; undefined stands for all. */
export type WantedKinds = { has(kind: string): boolean } | undefined;

/** The outcome of reading the store. */
export interface Loaded {
  /** Events after the previous head, to be delivered. */
  readonly events: readonly DurableEvent[];
  /** The store's chain does not contain our head: it is a different one now. */
  readonly isReset: boolean;
}

/** A part of the chain. */
export interface Part {
  readonly events: readonly DurableEvent[];
  readonly reached: number;
}

/** Records that may wait beyond a gap; more are read from the store later. */
const PENDING_LIMIT = 1_024;
const NOTHING: readonly DurableEvent[] = [];
const UNCHANGED: Loaded = { events: NOTHING, isReset: false };

export class Timeline {
  readonly #limits: TimelineLimits;
  readonly #now: WallClock;
  #head: number | undefined;
  #floor = 0;
  #isComplete = false;
  #links: Link[] = [];
  #events: DurableEvent[] = [];
  #bytes = 0;
  readonly #retracted = new Set<number>();
  /** By `prev`. */
  readonly #pending = new Map<number, StoredRecord>();

  constructor(limits: TimelineLimits, now: WallClock) {
    this.#limits = limits;
    this.#now = now;
  }

  /** `seq` up to which the chain is known without a gap; undefined before anything is known. */
  get head(): number | undefined {
    return this.#head;
  }

  /** `seq` after which all events are here. */
  get floor(): number {
    return this.#floor;
  }

  /** Whether the store keeps nothing older than what is here. */
  get isComplete(): boolean {
    return this.#isComplete || (this.#head !== undefined && this.#floor === 0);
  }

  /** Bytes of events that are here. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether records wait for one that has not arrived. */
  get hasGap(): boolean {
    return this.#pending.size > 0;
  }

  /** The chain goes up to `head`; none of its events are here. */
  startAt(head: number): void {
    this.#forgetAll();
    this.#head = head;
    this.#floor = head;
  }

  /**
   * Takes a live record, or the next one of the store.
   * @returns the events that can be delivered now, in the chain's order
   */
  take(record: StoredRecord): readonly DurableEvent[] {
    // Nothing has been delivered yet, so the chain can start here.
    if (this.#head === undefined) this.startAt(record.prev);
    const head = this.#head ?? record.prev;
    if (record.last <= head) return NOTHING;
    if (record.prev !== head) {
      if (this.#pending.size < PENDING_LIMIT) this.#pending.set(record.prev, record);
      return NOTHING;
    }
    const events = [...this.#append(record), ...this.#takePending()];
    this.#keepWithinLimits();
    return events;
  }

  /**
   * Takes all that the store keeps of the video, oldest first.
   * @param isLost the store's leader says that its chain ends before our head: it lost its newest
   * records, and those that are here no longer belong to the chain
   */
  load(stored: readonly StoredRecord[], isLost = false): Loaded {
    const { floor, records } = contiguousRecords(stored);
    const head = this.#head;
    const end = records.at(-1)?.last;
    if (end === undefined) {
      // All records aged out, or there never were any: what is here is all there is.
      if (head === undefined) this.startAt(0);
      this.#isComplete = true;
      return UNCHANGED;
    }
    // With a head of 0, everything is new.
    const holdsOurs = head === 0 || floor === head || records.some(({ last }) => last === head);
    const oursHolds = this.#floor === end || this.#links.some(({ last }) => last === end);
    const isReset = isLost || (head !== undefined && end > head && !holdsOurs);
    // Read before what is here was stored: it doesn't show how the two fit together.
    if (!isReset && head !== undefined && !holdsOurs && !oursHolds) return UNCHANGED;
    // Records that arrived live after the read are beyond its end, and stay.
    const later = isReset || holdsOurs ? [] : this.#recordsAfter(end);
    const from = isReset || head === undefined ? end : head;
    if (isReset) this.#pending.clear();
    this.#adopt(floor, [...records, ...later]);
    const events = [...this.#events.filter(({ seq }) => seq > from), ...this.#takePending()];
    this.#isComplete = true;
    this.#keepWithinLimits();
    return { events, isReset };
  }

  /**
   * Gives up on what is missing before the oldest record that waits.
   * @returns the events that can be delivered now; `prev` of the first one shows the gap
   */
  skipGap(): readonly DurableEvent[] {
    const oldest = Math.min(...this.#pending.keys());
    if (!Number.isFinite(oldest)) return NOTHING;
    const waiting = [...this.#pending];
    this.startAt(oldest);
    for (const [prev, record] of waiting) this.#pending.set(prev, record);
    return this.#takePending();
  }

  /** Drops all events, but keeps the head. */
  shrink(): void {
    const waiting = [...this.#pending];
    if (this.#head !== undefined) this.startAt(this.#head);
    for (const [prev, record] of waiting) this.#pending.set(prev, record);
  }

  /** Whether `seq` is in the chain, and all events after it are here. */
  covers(seq: number): boolean {
    this.#expire();
    if (this.#head === undefined || seq < this.#floor || seq > this.#head) return false;
    if (seq === this.#floor || this.#retracted.has(seq)) return true;
    const isLinkEnd = this.#links[firstAfter(this.#links, seq - 1, "last")]?.last === seq;
    return isLinkEnd || this.#events[firstAfter(this.#events, seq - 1, "seq")]?.seq === seq;
  }

  /**
   * Events after `from` up to `to`, within limits but at least one, and the seq that they reach.
   * Retractions of events that were deleted before they could be sent are left out.
   */
  between(
    from: number,
    to: number,
    mostEvents: number,
    mostBytes: number,
    wanted?: WantedKinds,
  ): Part {
    const events: DurableEvent[] = [];
    let bytes = 0;
    for (let at = firstAfter(this.#events, from, "seq"); at < this.#events.length; at += 1) {
      const event = this.#events[at];
      if (event === undefined || event.seq > to) break;
      if (event.retracts !== undefined && event.retracts > from) continue;
      if (wanted?.has(event.kind) === false) continue;
      bytes += event.bytes.length;
      const last = events.at(-1);
      if (last !== undefined && (events.length >= mostEvents || bytes > mostBytes)) {
        return { events, reached: last.seq };
      }
      events.push(event);
    }
    return { events, reached: to };
  }

  /** Bytes of the events after `seq`. */
  bytesAfter(seq: number, wanted?: WantedKinds): number {
    let bytes = 0;
    for (let at = firstAfter(this.#events, seq, "seq"); at < this.#events.length; at += 1) {
      const event = this.#events[at];
      if (event !== undefined && wanted?.has(event.kind) !== false) bytes += event.bytes.length;
    }
    return bytes;
  }

  /** The seq after which the last `count` events follow, not counting retractions. */
  seqBeforeLast(count: number, wanted?: WantedKinds): number {
    this.#expire();
    let left = count;
    let at = this.#events.length - 1;
    while (at >= 0 && left > 0) {
      const event = this.#events[at];
      if (event !== undefined && isListed(event, wanted)) left -= 1;
      if (left > 0) at -= 1;
    }
    if (count === 0) return this.#head ?? 0;
    return at <= 0 ? this.#floor : (this.#events[at - 1]?.seq ?? this.#floor);
  }

  /** How many events are here, not counting retractions. */
  count(wanted?: WantedKinds): number {
    this.#expire();
    return this.#events.filter((event) => isListed(event, wanted)).length;
  }

  /**
   * The newest `limit` events before `before`, oldest first, and whether there are older ones; with
   * `after`, the oldest events that follow it, and whether there are newer ones.
   */
  page(before: number, limit: number, after?: number): { events: DurableEvent[]; more: boolean } {
    this.#expire();
    const start = firstAfter(this.#events, after ?? 0, "seq");
    const within: DurableEvent[] = [];
    for (let at = start; at < this.#events.length; at += 1) {
      const event = this.#events[at];
      if (event === undefined || event.seq >= before) break;
      if (event.retracts !== undefined) continue;
      within.push(event);
      if (after !== undefined && within.length > limit) break;
    }
    const more = within.length > limit;
    return { events: after === undefined ? within.slice(-limit) : within.slice(0, limit), more };
  }

  /** `seq` of the oldest event that is here, retractions left out; 0 when there is none. */
  oldest(): number {
    this.#expire();
    return this.#events.find(({ retracts }) => retracts === undefined)?.seq ?? 0;
  }

  #append(record: ChainRecord): DurableEvent[] {
    this.#head = record.last;
    this.#links.push({ prev: record.prev, last: record.last });
    for (const event of record.events) {
      this.#events.push(event);
      this.#bytes += event.bytes.length;
      if (event.retracts !== undefined) this.#retract(event.retracts);
    }
    return [...record.events];
  }

  #takePending(): DurableEvent[] {
    const events: DurableEvent[] = [];
    for (;;) {
      const head = this.#head ?? 0;
      const next = this.#pending.get(head);
      if (next === undefined) break;
      this.#pending.delete(head);
      events.push(...this.#append(next));
    }
    for (const [prev, { last }] of this.#pending) {
      if (last <= (this.#head ?? 0)) this.#pending.delete(prev);
    }
    return events;
  }

  #retract(target: number): void {
    this.#retracted.add(target);
    const at = firstAfter(this.#events, target - 1, "seq");
    const event = this.#events[at];
    if (event?.seq !== target) return;
    this.#events.splice(at, 1);
    this.#bytes -= event.bytes.length;
  }

  #recordsAfter(seq: number): ChainRecord[] {
    return this.#links
      .filter(({ last }) => last > seq)
      .map(({ prev, last }) => ({
        prev,
        last,
        events: this.#events.filter((event) => event.seq > prev && event.seq <= last),
      }));
  }

  #adopt(floor: number, records: readonly ChainRecord[]): void {
    const pending = [...this.#pending];
    this.startAt(floor);
    for (const record of records) this.#append(record);
    for (const [prev, record] of pending) this.#pending.set(prev, record);
  }

  #forgetAll(): void {
    this.#isComplete = false;
    this.#links = [];
    this.#events = [];
    this.#bytes = 0;
    this.#retracted.clear();
    this.#pending.clear();
  }

  #keepWithinLimits(): void {
    const { events, bytes } = this.#limits;
    while (this.#links.length > 1) {
      const oldest = this.#links[0]?.last ?? 0;
      const kept = this.#events.length - firstAfter(this.#events, oldest, "seq");
      if (kept < events && this.#bytes <= bytes) break;
      this.#dropOldest();
    }
  }

  /** Drops what the store has dropped by age: `seq` is the time of the commit. */
  #expire(): void {
    const oldest = seqAt(this.#now() - this.#limits.ageMs);
    while ((this.#links[0]?.last ?? oldest) < oldest) this.#dropOldest();
  }

  #dropOldest(): void {
    const link = this.#links.shift();
    if (link === undefined) return;
    this.#floor = link.last;
    for (const { bytes } of this.#events.splice(0, firstAfter(this.#events, link.last, "seq"))) {
      this.#bytes -= bytes.length;
    }
  }
}

/** Whether a page of the history has it. */
function isListed({ kind, retracts }: DurableEvent, wanted: WantedKinds): boolean {
  return retracts === undefined && wanted?.has(kind) !== false;
}

/** Index of the first item whose `key` is above `value`, in a list that rises by it. */
function firstAfter<K extends string>(
  items: readonly Readonly<Record<K, number>>[],
  value: number,
  key: K,
): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((items[middle]?.[key] ?? 0) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

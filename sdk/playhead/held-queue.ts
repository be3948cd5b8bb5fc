/**
 * What one listener is to get when the picture gets there, in the order of its time. It is bounded:
 * where there are too many transient events, an even sample of them stays and the rest become counts;
 * of durable ones, the oldest are dropped.
 */
import type { OvationEvent } from "../../shared/protocol/event.ts";
import type { Counts } from "../../shared/protocol/wire/server-messages.ts";
import type { Missed } from "../chain.ts";

/** What is delivered. */
export type Item =
  | {
      readonly event: OvationEvent;
      /** What the event is counted by; empty if it isn't counted. */
      readonly names: readonly string[];
    }
  | { readonly counts: Record<string, number> }
  | { readonly missed: Missed }
  | { readonly joined: Counts | undefined; readonly isNow: boolean };

/** An item with its time. */
export interface Held {
  /** The moment of the picture that it belongs to, in milliseconds since 1970. */
  readonly due: number;
  /** Of two with the same time, the one that arrived first comes first. */
  readonly order: number;
  readonly item: Item;
}

/** The durable events that were dropped. */
export interface Dropped {
  /** When the first of them would have been shown. */
  readonly due: number;
  /** The `seq` before the first of them. */
  readonly after: number | undefined;
  /** The `seq` of the event that follows them. */
  readonly oldest: number | undefined;
}

export interface QueueLimits {
  /** Durable events. */
  readonly durable: number;
  /** Events that are counted and not stored. */
  readonly transient: number;
  /** Values: events of which only the newest matters. */
  readonly values: number;
  /** Sums of events. */
  readonly counts: number;
  readonly notices: number;
}

const QUEUE_LIMITS: QueueLimits = {
  durable: 2_000,
  transient: 1_000,
  values: 500,
  counts: 1_000,
  notices: 100,
};
/** Counts are shown up to this much later than their events were. */
const STEP_MS = 250;

/** What limits an item. */
function sortOf(item: Item): keyof QueueLimits {
  if ("counts" in item) return "counts";
  if (!("event" in item)) return "notices";
  if (item.event.seq !== undefined) return "durable";
  return item.names.length > 0 ? "transient" : "values";
}

/** What an item counts for. */
function countsIn(item: Item): Counts {
  if ("counts" in item) return item.counts;
  return "event" in item ? Object.fromEntries(item.names.map((name) => [name, 1])) : {};
}

export function addCounts(sum: Record<string, number>, counts: Counts): void {
  for (const [name, count] of Object.entries(counts)) sum[name] = (sum[name] ?? 0) + count;
}

export class HeldQueue {
  readonly #nextOrder: () => number;
  readonly #limits: QueueLimits;
  /** By `due`, then by `order`. */
  #held: Held[] = [];
  /** How many there are of each sort. */
  readonly #sizes = { durable: 0, transient: 0, values: 0, counts: 0, notices: 0 };
  /** Sums that more may be added to, by the moment at which they are due. */
  readonly #open = new Map<number, Record<string, number>>();
  #stepMs = STEP_MS;
  /** Nothing that arrives later is shown before this. */
  #barrier = -Infinity;
  #lastDurable = -Infinity;

  /** @param nextOrder numbers what arrives, over all queues */
  constructor(nextOrder: () => number, limits: QueueLimits = QUEUE_LIMITS) {
    this.#nextOrder = nextOrder;
    this.#limits = limits;
  }

  get size(): number {
    return this.#held.length;
  }

  /**
   * Holds an event.
   * @param names what it is counted by
   * @param isSum whether it sums up what came before it, so that it must follow that
   * @returns the durable events that had to be dropped
   */
  addEvent(event: OvationEvent, names: readonly string[], isSum = false): Dropped | undefined {
    let { at: due } = event;
    if (isSum) due = Math.max(due, this.#end);
    if (event.seq !== undefined) {
      // Durable events keep their order.
      due = Math.max(due, this.#lastDurable);
      this.#lastDurable = due;
    }
    this.#insert(due, { event, names });
    const { transient, values, durable } = this.#sizes;
    if (transient > this.#limits.transient) this.#rebuild("transient", "fold");
    if (values > this.#limits.values) this.#rebuild("values", "drop");
    return durable > this.#limits.durable ? this.#dropOldest() : undefined;
  }

  /** Holds numbers of events that are not among the events. */
  addCounts(given: number, counts: Counts): void {
    const due = this.#rounded(Math.max(given, this.#barrier));
    const known = this.#open.get(due);
    const sum = known ?? {};
    addCounts(sum, counts);
    if (known !== undefined) return;
    this.#open.set(due, sum);
    this.#insert(due, { counts: sum });
    if (this.#sizes.counts <= this.#limits.counts) return;
    this.#stepMs *= 2;
    this.#rebuild("counts", "fold");
  }

  /** Holds a notice, which stays between what came before it and what comes after it. */
  addNotice(item: Item): void {
    this.#barrier = this.#end;
    this.#open.clear();
    this.#insert(this.#barrier, item);
    if (this.#sizes.notices > this.#limits.notices) this.#removeFirst("notices");
  }

  /** The event was deleted: it is not shown. */
  retract(seq: number): void {
    const at = this.#held.findIndex(({ item }) => "event" in item && item.event.seq === seq);
    if (at >= 0) this.#remove(at, 1);
  }

  /** Takes what is due when the picture is at `playhead`, in order. */
  take(playhead: number): Held[] {
    const count = this.#held.findIndex(({ due }) => due > playhead);
    const taken = this.#remove(0, count < 0 ? this.#held.length : count);
    for (const { due, item } of taken) if ("counts" in item) this.#open.delete(due);
    if (this.#held.length === 0) this.#stepMs = STEP_MS;
    return taken;
  }

  /** Forgets everything. */
  clear(): void {
    this.take(Infinity);
    this.#barrier = this.#lastDurable = -Infinity;
  }

  get #end(): number {
    return this.#held.at(-1)?.due ?? -Infinity;
  }

  #rounded(due: number): number {
    return Math.ceil(due / this.#stepMs) * this.#stepMs;
  }

  #insert(given: number, item: Item): void {
    const due = Math.max(given, this.#barrier);
    let at = this.#held.length;
    while (at > 0 && (this.#held[at - 1]?.due ?? due) > due) at -= 1;
    this.#held.splice(at, 0, { due, order: this.#nextOrder(), item });
    this.#sizes[sortOf(item)] += 1;
  }

  #remove(at: number, count: number): Held[] {
    const removed = this.#held.splice(at, count);
    for (const { item } of removed) this.#sizes[sortOf(item)] -= 1;
    return removed;
  }

  #removeFirst(sort: keyof QueueLimits): Held | undefined {
    return this.#remove(
      this.#held.findIndex(({ item }) => sortOf(item) === sort),
      1,
    )[0];
  }

  #dropOldest(): Dropped {
    const { due = 0, item } = this.#removeFirst("durable") ?? {};
    const next = this.#held.find((held) => sortOf(held.item) === "durable")?.item;
    return {
      due,
      after: item !== undefined && "event" in item ? item.event.prev : undefined,
      oldest: next !== undefined && "event" in next ? next.event.seq : undefined,
    };
  }

  /**
   * Makes room: drops or adds up every second item of a sort, or adds up all sums of a moment. Sums
   * stay between the values and notices before and after them.
   */
  #rebuild(sort: keyof QueueLimits, how: "fold" | "drop"): void {
    const before = this.#held;
    this.#held = [];
    this.#open.clear();
    for (const name of Object.keys(this.#sizes)) this.#sizes[name as keyof QueueLimits] = 0;
    const push = (held: Held) => {
      this.#held.push(held);
      this.#sizes[sortOf(held.item)] += 1;
      // What is added later must not come before a notice that it follows.
      if ("counts" in held.item && held.due > this.#barrier) {
        this.#open.set(held.due, held.item.counts);
      }
    };
    let sum: (Held & { readonly item: { readonly counts: Record<string, number> } }) | undefined;
    const close = (latest: number) => {
      if (sum === undefined) return;
      push({ ...sum, due: Math.min(sum.due, latest) });
      sum = undefined;
    };
    let seen = 0;
    for (const held of before) {
      const own = sortOf(held.item);
      const isFence = own === "values" || own === "notices";
      if (sum !== undefined && (isFence || held.due > sum.due)) close(held.due);
      if (own === sort) seen += 1;
      if (own === sort && (sort === "counts" || seen % 2 === 1)) {
        if (how === "drop") continue;
        const due = this.#rounded(held.due);
        sum ??= { due, order: held.order, item: { counts: {} } };
        addCounts(sum.item.counts, countsIn(held.item));
      } else if (own === "counts" && sum?.due === held.due) {
        addCounts(sum.item.counts, countsIn(held.item));
      } else push(held);
    }
    close(Infinity);
  }
}

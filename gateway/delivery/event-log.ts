/**
 * The events of one video that some viewers here have not received yet, and how many there were.
 * Their number is bounded: of a flood of transient events the log keeps an even sample, while the
 * totals by kind stay exact. Each reader keeps a cursor and gets the events after it.
 */
import type { FanoutEvent, StateMark } from "../../shared/protocol/fanout-message.ts";
import type { DurableEvent } from "../../shared/protocol/history/durable-event.ts";
import type { DeliveredClass } from "../../shared/protocol/kinds.ts";
import { type CountedEvent, CountedNames } from "./counted-names.ts";
import type { Cursor, LoggedDurableEvent } from "./cursor.ts";
import { type Arrival, Frame, type LoggedEvent } from "./frame.ts";
import { KeptEvents } from "./kept-events.ts";

/** An event of which only the newest counts. */
interface LoggedNewest extends LoggedEvent {
  readonly deliveryClass: "latest" | "state";
  readonly state?: StateMark;
}

export interface LogLimits {
  /** The most events in one frame. */
  readonly frameEvents: number;
  /** The most transient events in one frame, if currently lower. */
  readonly transientEvents?: number;
  /** The most bytes of events in one frame; a single larger event is sent alone. */
  readonly frameBytes: number;
}

/** Transient events that the log keeps, as a multiple of what a frame can hold. */
const SAMPLE_FACTOR = 4;
/** Those that it keeps for viewers with slower frames alone. */
const KEPT_SAMPLE_FACTOR = 2;
/** Names whose removal is remembered: as many as a state has values. */
const REMOVALS_LIMIT = 64;
/** Durable events that may wait in the log for the next frames. */
const DURABLE_LIMIT = 4_096;

export class EventLog {
  readonly #video: string;
  readonly #sseIdOf: (seq: number) => string | undefined;
  readonly #limits: LogLimits;
  readonly #counted = new CountedNames();
  /** The newest event of each kind of class latest, and of each name of the state. */
  readonly #newest = new Map<string, LoggedNewest>();
  #events: (LoggedEvent | LoggedDurableEvent)[] = [];
  /** What only readers with slower frames have not read; none comes after those of `#events`. */
  readonly #kept: KeptEvents;
  #transientCount = 0;
  #durableCount = 0;
  #position = 0;
  #totals: number[] = [];
  #seq: number | undefined;
  #end: Cursor | undefined;
  #cached: { from: number; frame: Frame; next: Cursor } | undefined;

  /** @param sseIdOf the `id:` of an SSE message for a `seq` of the chain, if there is one */
  constructor(video: string, sseIdOf: (seq: number) => string | undefined, limits: LogLimits) {
    this.#video = video;
    this.#sseIdOf = sseIdOf;
    this.#limits = limits;
    this.#kept = new KeptEvents(KEPT_SAMPLE_FACTOR * limits.frameEvents);
  }

  /** The end of the log: a reader that starts here gets what is appended from now on. */
  get end(): Cursor {
    this.#end ??= { position: this.#position, totals: [...this.#totals], seq: this.#seq };
    return this.#end;
  }

  /** Whether no further durable event should be appended before frames are read. */
  get isFull(): boolean {
    return this.#durableCount + this.#kept.durableCount >= DURABLE_LIMIT;
  }

  /** Appends an event that is not part of the chain; the bytes of one of state are kept. */
  append(event: FanoutEvent, arrival?: Arrival): void {
    const { kind, deliveryClass, bytes, state } = event;
    const logged = { kind, deliveryClass, bytes, position: this.#advance(), arrival };
    if (state !== undefined) {
      // Last, so that the removal that is dropped for others is the oldest.
      this.#newest.delete(state.name);
      this.#newest.set(state.name, { ...logged, deliveryClass: "state", state });
      if (state.isRemoval) this.#dropOldRemovals();
      return;
    }
    if (deliveryClass === "latest") {
      // A copy, because it is kept: a slice would keep the whole network buffer in memory.
      this.#newest.set(kind, { ...logged, deliveryClass, bytes: new Uint8Array(bytes) });
      return;
    }
    this.#count(event);
    this.#events.push(logged);
    this.#transientCount += 1;
    if (this.#transientCount > SAMPLE_FACTOR * this.#limits.frameEvents) this.#thin();
  }

  /** Counts further transient events, of which the log has no more than that. */
  appendCount(kind: string, variant: string | undefined, events: number): void {
    this.#advance();
    this.#count({ kind, deliveryClass: "transient", variant }, events);
  }

  /** Appends the next event of the chain. */
  appendDurable({ kind, bytes, seq }: DurableEvent, arrival?: Arrival): void {
    const event = { kind, deliveryClass: "durable", bytes } as const;
    const position = this.#advance();
    this.#seq = seq;
    this.#count(event);
    this.#durableCount += 1;
    this.#events.push({ ...event, position, arrival, cursor: this.end });
  }

  /** The chain is at `seq`; earlier durable events must not be sent. */
  moveTo(seq: number): void {
    this.#seq = seq;
    this.#end = undefined;
    this.#cached = undefined;
  }

  /** The newest event of each kind, and of each name of the state, of which only that counts. */
  newestValues(): readonly FanoutEvent[] {
    return [...this.#newest.values()].filter(({ state }) => state?.isRemoval !== true);
  }

  /** Whether something was appended after the cursor. */
  hasAfter(cursor: Cursor): boolean {
    return this.#position > cursor.position;
  }

  /** What follows `cursor`, within the limits of one frame, and where the next frame begins. */
  read(cursor: Cursor): { readonly frame: Frame; readonly next: Cursor } {
    const cached = this.#cached;
    if (cached?.from === cursor.position && cached.next.position === this.#position) return cached;
    const result = { from: cursor.position, ...this.#build(cursor) };
    this.#cached = result;
    return result;
  }

  /**
   * What a viewer missed between two cursors, except durable events: exact counts, and the newest
   * values. Undefined if it missed nothing.
   */
  summary(from: Cursor, to: Cursor): Frame | undefined {
    const frame = this.#frame(this.#newestBetween(from, to), from, to, ["transient"]);
    return frame.events.length === 0 && frame.counts === undefined ? undefined : frame;
  }

  /**
   * Drops events up to `position`, which every reader has read but those with slower frames.
   * @param slower the position up to which these have read, too
   */
  trim(position: number, slower = position): void {
    if (this.#cached !== undefined && this.#cached.next.position <= position) {
      this.#cached = undefined;
    }
    this.#kept.dropTo(slower);
    const keep = this.#indexAfter(position);
    if (keep === 0) return;
    if (slower < position) {
      for (const event of this.#events.slice(this.#indexAfter(slower), keep)) this.#kept.add(event);
    }
    this.#events = this.#events.slice(keep);
    this.#durableCount = this.#events.filter((event) => event.deliveryClass === "durable").length;
    this.#transientCount = this.#events.length - this.#durableCount;
  }

  /** A removal is kept for viewers that read slowly, however long they take. */
  #dropOldRemovals(): void {
    const removed = [...this.#newest.values()].flatMap(({ state }) =>
      state?.isRemoval === true ? [state.name] : [],
    );
    for (const name of removed.slice(0, -REMOVALS_LIMIT)) this.#newest.delete(name);
  }

  #advance(): number {
    this.#position += 1;
    this.#end = undefined;
    return this.#position;
  }

  #count({ kind, deliveryClass, variant }: CountedEvent, events = 1): void {
    this.#increase(this.#counted.ofKind(kind, deliveryClass), events);
    if (variant !== undefined) this.#increase(this.#counted.ofVariant(kind, variant), events);
  }

  #increase(index: number, by: number): void {
    this.#totals[index] = (this.#totals[index] ?? 0) + by;
  }

  /** Halves the sample of transient events, evenly. */
  #thin(): void {
    let odd = false;
    this.#events = this.#events.filter((event) => {
      if (event.deliveryClass !== "transient") return true;
      odd = !odd;
      return !odd;
    });
    this.#transientCount = this.#events.length - this.#durableCount;
  }

  /** Index of the first event after `position`. */
  #indexAfter(position: number): number {
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#events[middle]?.position ?? 0) > position) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #build(cursor: Cursor): { frame: Frame; next: Cursor } {
    const { frameEvents, frameBytes, transientEvents = frameEvents } = this.#limits;
    const durable: LoggedDurableEvent[] = [];
    const transient: LoggedEvent[] = [];
    let next = this.end;
    let bytes = 0;
    const unread = [
      ...this.#kept.after(cursor.position),
      ...this.#events.slice(this.#indexAfter(cursor.position)),
    ];
    for (const event of unread) {
      if (!("cursor" in event)) {
        transient.push(event);
        continue;
      }
      const isFull = durable.length >= frameEvents || bytes + event.bytes.length > frameBytes;
      const last = durable.at(-1);
      if (isFull && last !== undefined) {
        next = last.cursor;
        break;
      }
      durable.push(event);
      bytes += event.bytes.length;
    }
    const within = transient.filter((event) => event.position <= next.position);
    const room = Math.max(0, Math.min(transientEvents, frameEvents - durable.length));
    const events = [
      ...durable,
      ...sample(within, room, frameBytes - bytes, durable.length === 0),
      ...this.#newestBetween(cursor, next),
    ].sort((one, other) => one.position - other.position);
    const frame = this.#frame(events, cursor, next);
    // Even if it is not in the sample.
    frame.oldest = earlier(unread[0], events[0])?.arrival;
    return { frame, next };
  }

  #newestBetween(from: Cursor, to: Cursor): LoggedEvent[] {
    return [...this.#newest.values()].filter(
      ({ position, state }) =>
        position > from.position &&
        position <= to.position &&
        // Who has nothing yet need not be told what is gone.
        (from.position > 0 || state?.isRemoval !== true),
    );
  }

  #frame(
    events: readonly LoggedEvent[],
    from: Cursor,
    to: Cursor,
    counted: readonly DeliveredClass[] = ["transient", "durable"],
  ): Frame {
    const counts: Record<string, number> = {};
    const tally = { transient: 0, durable: 0, latest: 0, state: 0 };
    let totalCount = 0;
    for (const [index, { name, deliveryClass }] of this.#counted.names.entries()) {
      const count = (to.totals[index] ?? 0) - (from.totals[index] ?? 0);
      if (count === 0) continue;
      if (deliveryClass === undefined) counts[name] = count;
      else if (counted.includes(deliveryClass)) {
        counts[name] = count;
        tally[deliveryClass] += count;
        totalCount += count;
      }
    }
    for (const { deliveryClass } of events) {
      if (deliveryClass === "latest" || deliveryClass === "state") tally[deliveryClass] += 1;
    }
    const isComplete = events.length - tally.latest - tally.state === totalCount;
    const shownCounts = isComplete ? undefined : counts;
    const sseId = to.seq === undefined ? undefined : this.#sseIdOf(to.seq);
    return new Frame(this.#video, events, shownCounts, tally, sseId);
  }
}

function earlier(one?: LoggedEvent, other?: LoggedEvent): LoggedEvent | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one.position < other.position ? one : other;
}

/**
 * An even sample of at most `count` events and `bytes` bytes, including the newest. If `alone` says
 * that nothing else is in the frame, the newest may be larger than that.
 */
function sample(
  events: readonly LoggedEvent[],
  count: number,
  bytes: number,
  alone: boolean,
): LoggedEvent[] {
  const chosen: LoggedEvent[] = [];
  let left = bytes;
  const step = Math.max(1, events.length / Math.max(1, count));
  for (let at = events.length - 1; at >= 0 && chosen.length < count; at -= step) {
    const event = events[Math.ceil(at)];
    const isFirst = alone && chosen.length === 0;
    if (event === undefined || (event.bytes.length > left && !isFirst)) break;
    left -= event.bytes.length;
    chosen.push(event);
  }
  return chosen;
}

/**
 * The events of one video that some viewers here have not got yet, and how many there were.
 * It holds a bounded number: of a flood of transient events it keeps an even sample, while the
 * totals by kind stay exact. Readers keep a cursor each and get what came since.
 */
import type { DispatchedEvent } from "../shared/dispatched.ts";
import type { DeliveryClass } from "../shared/kinds.ts";
import { Frame, type LoggedEvent } from "./frame.ts";

/** Where a reader is: its position, and the totals by kind up to there. Never changed in place. */
export interface Cursor {
  readonly position: number;
  /** By index of the kind; a kind beyond the end has had none. */
  readonly totals: readonly number[];
}

interface DurableEvent extends LoggedEvent {
  /** A frame may end right after a durable event, so it knows the totals up to itself. */
  readonly cursor: Cursor;
}

export interface LogLimits {
  /** Most events in one frame. */
  readonly frameEvents: number;
  /** Most bytes of events in one frame; a single larger event goes alone. */
  readonly frameBytes: number;
}

/** Transient events that the log keeps, as a multiple of what a frame can hold. */
const SAMPLE_FACTOR = 4;
/** Durable events that may wait in the log; only a stalled event loop lets so many gather. */
const DURABLE_LIMIT = 4_096;

export class EventLog {
  readonly #video: string;
  readonly #sseEpoch: string;
  readonly #limits: LogLimits;
  readonly #kinds: { readonly name: string; readonly deliveryClass: DeliveryClass }[] = [];
  readonly #latest = new Map<string, LoggedEvent>();
  #events: (LoggedEvent | DurableEvent)[] = [];
  #transientCount = 0;
  #durableCount = 0;
  #position = 0;
  #totals: number[] = [];
  #end: Cursor | undefined;
  #cached: { from: number; frame: Frame; next: Cursor } | undefined;
  #overflow = 0;

  /** @param sseEpoch begins the ids of SSE messages; it names this incarnation of the log */
  constructor(video: string, sseEpoch: string, limits: LogLimits) {
    this.#video = video;
    this.#sseEpoch = sseEpoch;
    this.#limits = limits;
  }

  /** The end of the log: a reader that starts here gets what comes from now on. */
  get end(): Cursor {
    this.#end ??= { position: this.#position, totals: [...this.#totals] };
    return this.#end;
  }

  /** The `id:` of an SSE message that brings its reader to the cursor. */
  sseIdAt({ position }: Cursor): string {
    return `${this.#sseEpoch}:${position}`;
  }

  append(event: DispatchedEvent): void {
    this.#position += 1;
    this.#end = undefined;
    const logged: LoggedEvent = { ...event, position: this.#position };
    if (event.deliveryClass === "latest") {
      this.#latest.set(event.kind, logged);
      return;
    }
    const kind = this.#kindIndex(event);
    this.#totals[kind] = (this.#totals[kind] ?? 0) + 1;
    if (event.deliveryClass === "durable") return this.#appendDurable(logged);
    this.#events.push(logged);
    this.#transientCount += 1;
    if (this.#transientCount > SAMPLE_FACTOR * this.#limits.frameEvents) this.#thin();
  }

  /** Whether something came after the cursor. */
  hasAfter(cursor: Cursor): boolean {
    return this.#position > cursor.position;
  }

  /** What came after `cursor`, within the limits of one frame, and where the next frame begins. */
  read(cursor: Cursor): { readonly frame: Frame; readonly next: Cursor } {
    const cached = this.#cached;
    if (cached?.from === cursor.position && cached.next.position === this.#position) return cached;
    const result = { from: cursor.position, ...this.#build(cursor) };
    this.#cached = result;
    return result;
  }

  /** What a viewer missed between two cursors: exact counts, and the latest values. */
  summary(from: Cursor, to: Cursor): Frame {
    return this.#frame(this.#latestBetween(from, to), from, to);
  }

  /** The newest event of each latest kind, for a viewer that has just come. */
  latest(): Frame | undefined {
    const { end } = this;
    const events = [...this.#latest.values()];
    return events.length === 0 ? undefined : this.#frame(events, end, end);
  }

  /** Durable events that found the log full and are told as counts only, since the last call. */
  takeOverflow(): number {
    const overflow = this.#overflow;
    this.#overflow = 0;
    return overflow;
  }

  /** Lets go of what every reader has got. */
  trim(position: number): void {
    const keep = this.#indexAfter(position);
    if (keep === 0) return;
    this.#events = this.#events.slice(keep);
    this.#durableCount = this.#events.filter((event) => event.deliveryClass === "durable").length;
    this.#transientCount = this.#events.length - this.#durableCount;
  }

  #kindIndex(event: DispatchedEvent): number {
    const index = this.#kinds.findIndex(({ name }) => name === event.kind);
    if (index >= 0) return index;
    return this.#kinds.push({ name: event.kind, deliveryClass: event.deliveryClass }) - 1;
  }

  #appendDurable(logged: LoggedEvent): void {
    if (this.#durableCount >= DURABLE_LIMIT) {
      this.#overflow += 1;
      return;
    }
    this.#durableCount += 1;
    this.#events.push({ ...logged, cursor: this.end });
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
    const { frameEvents, frameBytes } = this.#limits;
    const durable: DurableEvent[] = [];
    const transient: LoggedEvent[] = [];
    let next = this.end;
    let bytes = 0;
    for (let index = this.#indexAfter(cursor.position); index < this.#events.length; index += 1) {
      const event = this.#events[index];
      if (event === undefined) break;
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
    const room = Math.max(0, frameEvents - durable.length);
    const events = [
      ...durable,
      ...sample(within, room, frameBytes - bytes, durable.length === 0),
      ...this.#latestBetween(cursor, next),
    ].sort((one, other) => one.position - other.position);
    return { frame: this.#frame(events, cursor, next), next };
  }

  #latestBetween(from: Cursor, to: Cursor): LoggedEvent[] {
    return [...this.#latest.values()].filter(
      ({ position }) => position > from.position && position <= to.position,
    );
  }

  #frame(events: readonly LoggedEvent[], from: Cursor, to: Cursor): Frame {
    const counts: Record<string, number> = {};
    const tally = { transient: 0, durable: 0, latest: 0 };
    let told = 0;
    for (const [index, { name, deliveryClass }] of this.#kinds.entries()) {
      const count = (to.totals[index] ?? 0) - (from.totals[index] ?? 0);
      if (count === 0) continue;
      counts[name] = count;
      tally[deliveryClass] += count;
      told += count;
    }
    for (const event of events) if (event.deliveryClass === "latest") tally.latest += 1;
    const isWhole = events.length - tally.latest === told;
    const shownCounts = isWhole ? undefined : counts;
    return new Frame(this.#video, events, shownCounts, tally, this.sseIdAt(to));
  }
}

/**
 * An even choice of at most `count` events and `bytes` bytes, the newest among them: even if that
 * one alone is larger, should `alone` say that nothing else is in the frame.
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

/** The watchers of a video: each gets every event once, from its own position in the chain. */
import type { OvationEvent } from "../shared/protocol/event.ts";
import { RETRACTED_KIND } from "../shared/protocol/kinds.ts";
import type { Counts } from "../shared/protocol/wire/server-messages.ts";
import type { Missed, Position } from "./chain.ts";
import { countsOf, type Frame } from "./frame.ts";
import { notify } from "./listeners.ts";

/** A handle's listener. */
export interface Watcher {
  /** How many events of the history it wants. */
  readonly history: number;
  /** Where the video's first subscription goes on from. */
  readonly after?: Position | undefined;
  /** The only kind of events that it does something with; undefined: any. */
  readonly kind?: string;
  readonly onEvent?: (event: OvationEvent) => void;
  readonly onFrame?: (frame: Frame) => void;
  readonly onMissed?: (missed: Missed) => void;
  /**
   * The video is subscribed to.
   * @param totals undefined when the gateway can't read them at the moment
   * @param isNow whether the next frame is the first one of the subscription
   */
  readonly onJoined?: (totals: Counts | undefined, isNow: boolean) => void;
}

/** How events are delivered. */
interface Delivery {
  /** Events that are counted, but not delivered. */
  readonly dropped?: readonly OvationEvent[];
  readonly counts?: Counts | undefined;
  /** Default: all watchers. */
  readonly to?: readonly Watcher[];
}

/** The floor of a watcher that waits for its history: durable events wait until it has arrived. */
export const WAITING = Infinity;

/** Each watcher with its floor: it gets no durable events up to that `seq`. */
export class Watchers extends Map<Watcher, number> {
  readonly #isNewest: (kind: string) => boolean;

  /** @param isNewest whether only the newest event of a kind matters, so that it isn't counted */
  constructor(isNewest: (kind: string) => boolean) {
    super();
    this.#isNewest = isNewest;
  }

  all(): Watcher[] {
    return [...this.keys()];
  }

  /** Delivers event by event, so that listeners of different kinds see the same order. */
  deliver(
    events: readonly OvationEvent[],
    { dropped = [], counts, to = this.all() }: Delivery = {},
  ): void {
    for (const event of events) {
      for (const watcher of to) {
        if (watcher.onEvent && !this.#skips(watcher, event)) notify(watcher.onEvent, event);
      }
    }
    for (const watcher of to) {
      if (!watcher.onFrame || !this.has(watcher)) continue;
      const skipped = events.filter((event) => this.#skips(watcher, event));
      const delivered = events.filter((event) => !skipped.includes(event));
      if (delivered.length === 0 && counts === undefined) continue;
      const counted = ({ kind }: OvationEvent) => !this.#isNewest(kind);
      const taken = delivered.filter(counted);
      const others = [...dropped, ...skipped].filter(counted);
      notify(watcher.onFrame, { events: delivered, counts: countsOf(taken, others, counts) });
    }
  }

  miss(missed: Missed, to = this.all()): void {
    for (const watcher of to) {
      if (watcher.onMissed !== undefined && this.has(watcher)) notify(watcher.onMissed, missed);
    }
  }

  #skips(watcher: Watcher, { seq, kind }: OvationEvent): boolean {
    const floor = this.get(watcher);
    // Another listener may have removed this one.
    if (floor === undefined) return true;
    if (seq === undefined || seq > floor) return false;
    return floor !== WAITING || kind !== RETRACTED_KIND;
  }
}

/** The watchers of a video: each gets every event once, from its own position in the chain. */
import type { OvationEvent } from "../shared/protocol/event.ts";
import { RETRACTED_KIND } from "../shared/protocol/kinds.ts";
import type { Counts } from "../shared/protocol/wire/server-messages.ts";
import type { Missed } from "./chain.ts";
import { type Frame, frameOf } from "./frame.ts";
import { notify } from "./listeners.ts";

/** A handle's listener. */
export interface Watcher {
  /** How many events of the history it wants. */
  readonly history: number;
  readonly onEvent?: (event: OvationEvent) => void;
  readonly onFrame?: (frame: Frame) => void;
  readonly onMissed?: (missed: Missed) => void;
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
export const WAITING = Number.POSITIVE_INFINITY;

/** Each watcher with its floor: it gets no durable events up to that `seq`. */
export class Watchers extends Map<Watcher, number> {
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
      notify(watcher.onFrame, frameOf(delivered, [...dropped, ...skipped], counts));
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

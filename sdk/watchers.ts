/** Those who watch a video: each is given every event once, from its own place in the chain on. */
import type { OvationEvent } from "../shared/protocol/event.ts";
import { RETRACTED_KIND } from "../shared/protocol/kinds.ts";
import type { Counts } from "../shared/protocol/wire/server-messages.ts";
import type { Missed } from "./chain.ts";
import { type Frame, frameOf } from "./frame.ts";
import { notify } from "./listeners.ts";

/** One who watches, and what for. */
export interface Watcher {
  /** How many events of the past it wants. */
  readonly history: number;
  readonly onEvent?: (event: OvationEvent) => void;
  readonly onFrame?: (frame: Frame) => void;
  readonly onMissed?: (missed: Missed) => void;
}

/** What more there is to events that are given. */
interface Given {
  /** Events that are counted, but not passed on. */
  readonly dropped?: readonly OvationEvent[];
  readonly counts?: Counts | undefined;
  /** Default: all. */
  readonly to?: readonly Watcher[];
}

/** The floor of a watcher whose past has yet to be given: durable events wait until then. */
export const WAITING = Number.POSITIVE_INFINITY;

/** Each with its floor: durable events up to it are not given to the watcher. */
export class Watchers extends Map<Watcher, number> {
  all(): Watcher[] {
    return [...this.keys()];
  }

  /** Event by event, so that listeners of different kinds see one order. */
  give(
    events: readonly OvationEvent[],
    { dropped = [], counts, to = this.all() }: Given = {},
  ): void {
    for (const event of events) {
      for (const watcher of to) {
        if (watcher.onEvent && !this.#skips(watcher, event)) notify(watcher.onEvent, event);
      }
    }
    for (const watcher of to) {
      if (!watcher.onFrame || !this.has(watcher)) continue;
      const lacking = events.filter((event) => this.#skips(watcher, event));
      const given = events.filter((event) => !lacking.includes(event));
      if (given.length === 0 && counts === undefined) continue;
      notify(watcher.onFrame, frameOf(given, [...dropped, ...lacking], counts));
    }
  }

  miss(missed: Missed, to = this.all()): void {
    for (const watcher of to) {
      if (watcher.onMissed !== undefined && this.has(watcher)) notify(watcher.onMissed, missed);
    }
  }

  #skips(watcher: Watcher, { seq, kind }: OvationEvent): boolean {
    const floor = this.get(watcher);
    // One that was removed by another one is not told any more.
    if (floor === undefined) return true;
    if (seq === undefined || seq > floor) return false;
    return floor !== WAITING || kind !== RETRACTED_KIND;
  }
}

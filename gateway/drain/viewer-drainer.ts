/**
 * Dismisses viewers one after the other, each at its own time, so that they don't storm the other
 * gateways. A viewer gets its events until its time, and then reconnects at once. Those whose time
 * lies after the end of the drain are dismissed at that end, with a time to wait. When no gateway
 * accepts them, all are dismissed at once: the sooner this gateway ends, the sooner another may
 * start.
 */
import { setTimeout as wait } from "node:timers/promises";
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";
import type { Log } from "../../shared/runtime/log.ts";
import type { Pace } from "./pace.ts";

/** How often viewers are dismissed. */
const TICK_MS = 25;
/** How many late ticks are caught up on. */
const LATE_TICKS = 4;
/** How often the pace is sampled. */
const POLL_EVERY_MS = 1_000;
/** The delay before leases are read, so that others that drain too can say so in theirs. */
const SETTLE_MS = 100;
/** When no gateway accepts viewers: the time until another may run, and the spread after it. */
const RESTART_MS = 1_000;
const RESTART_SPREAD_MS = 5_000;
/** Viewers dismissed in one turn of the event loop, at the end. */
const DISMISSED_PER_TURN = 250;

export interface Drainable {
  readonly isOpen: boolean;
  /** Tells the viewer when to reconnect, and closes the connection. */
  dismiss(reconnectAfterMs: number): void;
}

export interface ViewerDrainerOptions {
  /** The longest time that the drain may take. */
  readonly windowMs: number;
  /** Reads which gateways accept the viewers, and how fast. */
  readonly samplePace: () => Promise<Pace>;
  readonly now: MonotonicClock;
  readonly random: () => number;
  readonly log: Log;
}

export class ViewerDrainer {
  /** Viewers dismissed so far, and the pace, in viewers per second. */
  readonly stats = { dismissed: 0, perSecond: 0 };
  readonly #options: ViewerDrainerOptions;

  constructor(options: ViewerDrainerOptions) {
    this.#options = options;
  }

  /** Resolves when all viewers are dismissed. Those that leave by themselves take no time. */
  async send(viewers: readonly Drainable[]): Promise<void> {
    const { now, windowMs, log, samplePace } = this.#options;
    if (viewers.length === 0) return;
    const endsAt = now() + windowMs;
    const waiting = viewers.values();
    await wait(Math.min(SETTLE_MS, windowMs));
    let pace = await samplePace();
    log.info({ viewers: viewers.length, ...pace }, "viewers are sent to other gateways");
    let sampledAt = now();
    let isSampling = false;
    let creditedAt = sampledAt;
    /** How many viewers may be dismissed now; the first one at once. */
    let credit = 1;
    while (pace.acceptors > 0 && now() < endsAt) {
      this.stats.perSecond = pace.perSecond;
      const at = now();
      // A late timer is caught up on, within a limit.
      credit += (Math.min(at - creditedAt, LATE_TICKS * TICK_MS) / 1_000) * pace.perSecond;
      creditedAt = at;
      for (; credit >= 1; credit -= 1) {
        if (!this.#dismissNext(waiting, TICK_MS)) return;
      }
      await wait(TICK_MS);
      if (isSampling || now() - sampledAt < POLL_EVERY_MS) continue;
      isSampling = true;
      void samplePace().then((found) => {
        pace = found;
        sampledAt = now();
        isSampling = false;
      });
    }
    await this.#dismissRest(
      [...waiting].filter(({ isOpen }) => isOpen),
      pace,
    );
  }

  /** @returns false when there is none left */
  #dismissNext(waiting: Iterator<Drainable>, withinMs: number): boolean {
    for (let next = waiting.next(); next.done !== true; next = waiting.next()) {
      if (!next.value.isOpen) continue;
      this.#dismiss(next.value, this.#options.random() * withinMs);
      return true;
    }
    return false;
  }

  /** Gives each viewer its own slot, spread evenly over the time that they need. */
  async #dismissRest(rest: readonly Drainable[], { acceptors, perSecond }: Pace): Promise<void> {
    const { random, log } = this.#options;
    if (rest.length === 0) return;
    const needMs = (rest.length / perSecond) * 1_000;
    const isLast = acceptors === 0;
    const fromMs = isLast ? RESTART_MS : 0;
    const spreadMs = isLast ? Math.max(RESTART_SPREAD_MS, needMs) : needMs;
    log.info({ viewers: rest.length, fromMs, spreadMs }, "the remaining viewers are dismissed");
    for (const [index, viewer] of rest.entries()) {
      this.#dismiss(viewer, fromMs + ((index + random()) / rest.length) * spreadMs);
      if (index % DISMISSED_PER_TURN === DISMISSED_PER_TURN - 1) await wait(0);
    }
  }

  #dismiss(viewer: Drainable, reconnectAfterMs: number): void {
    this.stats.dismissed += 1;
    viewer.dismiss(Math.round(reconnectAfterMs));
  }
}

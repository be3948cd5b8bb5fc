/**
 * Sends viewers away one after the other, each at a time of its own, so that the gateways they go to
 * aren't stormed. A viewer gets its events until its time has come, and is told to connect again at
 * once. Those whose time lies behind the end of the drain are told theirs at that end; and when
 * nobody is there to go to, all are told at once, for the sooner this gateway ends, the sooner there
 * may be another.
 */
import { setTimeout as wait } from "node:timers/promises";
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";
import type { Log } from "../../shared/runtime/log.ts";
import type { Pace } from "./pace.ts";

/** How often some are sent away. */
const TICK_MS = 25;
/** How much of what wasn't done in time is made up for. */
const LATE_TICKS = 4;
/** How often it is looked who takes them. */
const POLL_EVERY_MS = 1_000;
/** Leases are looked at after this time, in which others that are drained too can have said so. */
const SETTLE_MS = 100;
/** When nobody takes them: another gateway may be there after this time, and is given this spread. */
const RESTART_MS = 1_000;
const RESTART_SPREAD_MS = 5_000;
/** Viewers that are told in one turn of the event loop, at the end. */
const TOLD_PER_TURN = 250;

export interface Drainable {
  readonly isOpen: boolean;
  /** Tells it to come back after a while, and closes. */
  dismiss(reconnectAfterMs: number): void;
}

export interface ViewerDrainerOptions {
  /** The longest that it may take. */
  readonly windowMs: number;
  /** Who takes the viewers just now. */
  readonly look: () => Promise<Pace>;
  readonly now: MonotonicClock;
  readonly random: () => number;
  readonly log: Log;
}

export class ViewerDrainer {
  /** Viewers sent away so far, and the pace at which they are, in viewers a second. */
  readonly stats = { dismissed: 0, perSecond: 0 };
  readonly #options: ViewerDrainerOptions;

  constructor(options: ViewerDrainerOptions) {
    this.#options = options;
  }

  /** Resolves when all of them were told to go. Those that leave by themselves take no time. */
  async send(viewers: readonly Drainable[]): Promise<void> {
    const { now, windowMs, log, look } = this.#options;
    if (viewers.length === 0) return;
    const endsAt = now() + windowMs;
    const waiting = viewers.values();
    await wait(Math.min(SETTLE_MS, windowMs));
    let pace = await look();
    log.info({ viewers: viewers.length, ...pace }, "viewers are sent to other gateways");
    let lookedAt = now();
    let looking = false;
    let paidAt = lookedAt;
    /** The first one goes at once. */
    let due = 1;
    while (pace.acceptors > 0 && now() < endsAt) {
      this.stats.perSecond = pace.perSecond;
      const at = now();
      // A timer that is late is caught up with, within a bound.
      due += (Math.min(at - paidAt, LATE_TICKS * TICK_MS) / 1_000) * pace.perSecond;
      paidAt = at;
      for (; due >= 1; due -= 1) {
        if (!this.#dismissNext(waiting, TICK_MS)) return;
      }
      await wait(TICK_MS);
      if (looking || now() - lookedAt < POLL_EVERY_MS) continue;
      looking = true;
      void look().then((found) => {
        pace = found;
        lookedAt = now();
        looking = false;
      });
    }
    await this.#tellTheRest(
      [...waiting].filter(({ isOpen }) => isOpen),
      pace,
    );
  }

  /** @returns false when there is no one left */
  #dismissNext(waiting: Iterator<Drainable>, withinMs: number): boolean {
    for (let next = waiting.next(); next.done !== true; next = waiting.next()) {
      if (!next.value.isOpen) continue;
      this.#dismiss(next.value, this.#options.random() * withinMs);
      return true;
    }
    return false;
  }

  /** Gives each a slot of its own, evenly over as long as it takes. */
  async #tellTheRest(rest: readonly Drainable[], { acceptors, perSecond }: Pace): Promise<void> {
    const { random, log } = this.#options;
    if (rest.length === 0) return;
    const needMs = (rest.length / perSecond) * 1_000;
    const isLast = acceptors === 0;
    const fromMs = isLast ? RESTART_MS : 0;
    const spreadMs = isLast ? Math.max(RESTART_SPREAD_MS, needMs) : needMs;
    log.info({ viewers: rest.length, fromMs, spreadMs }, "viewers are told when to come back");
    for (const [index, viewer] of rest.entries()) {
      this.#dismiss(viewer, fromMs + ((index + random()) / rest.length) * spreadMs);
      if (index % TOLD_PER_TURN === TOLD_PER_TURN - 1) await wait(0);
    }
  }

  #dismiss(viewer: Drainable, reconnectAfterMs: number): void {
    this.stats.dismissed += 1;
    viewer.dismiss(Math.round(reconnectAfterMs));
  }
}

/**
 * Overload is met in steps, one after the other and never a later one before an earlier: each has
 * the shares of a limit at which it begins, and lower ones below which it ends, so that it doesn't
 * come and go. Which steps there are, and what each does, is each role's own policy.
 */
import type { MonotonicClock } from "../lifecycle.ts";
import type { Log } from "../log.ts";

/** How near the process is to each of its limits: 0 is nothing, 1 is the limit. */
export type Signals<Signal extends string> = Readonly<Record<Signal, number>>;

export interface Level<Name extends string, Signal extends string> {
  readonly name: Name;
  /** It begins when one signal is as high as this. */
  readonly enter: Readonly<Partial<Record<Signal, number>>>;
  /** It ends when every signal is below this. */
  readonly leave: Readonly<Partial<Record<Signal, number>>>;
}

/** A step is given this long to help before the next one is taken. */
const RISE_MS = 300;
/** So long nothing may call for a step before it is taken back. */
const FALL_MS = 1_000;

function reaches<Signal extends string>(
  signals: Signals<Signal>,
  bounds: Readonly<Partial<Record<Signal, number>>>,
): boolean {
  return Object.entries<number | undefined>(bounds).some(
    ([signal, bound]) => bound !== undefined && signals[signal as Signal] >= bound,
  );
}

/** Says in the log that a step was taken or taken back. At most a few lines a second come of it. */
export function logLevel<Name extends string, Signal extends string>(
  log: Log,
  { level, steps, signals }: ShedLevels<Name, Signal>,
  before: number,
): void {
  if (level > before) {
    log.warn({ step: steps[level - 1]?.name, level, signals }, "overload: a step is taken");
  } else if (level < before) {
    log.info({ step: steps[level]?.name, level, signals }, "overload: a step is taken back");
  }
}

/** How many of the steps the signals call for, counted from the first. */
export function levelsDue<Name extends string, Signal extends string>(
  steps: readonly Level<Name, Signal>[],
  signals: Signals<Signal>,
): number {
  return steps.findLastIndex(({ enter }) => reaches(signals, enter)) + 1;
}

/** How many of the steps must stay once they are taken. */
export function levelsHeld<Name extends string, Signal extends string>(
  steps: readonly Level<Name, Signal>[],
  signals: Signals<Signal>,
): number {
  return steps.findLastIndex(({ leave }) => reaches(signals, leave)) + 1;
}

export class ShedLevels<Name extends string, Signal extends string> {
  readonly steps: readonly Level<Name, Signal>[];
  /** For each step, how often it was taken, and for how long it has been in force, in milliseconds. */
  readonly stats: { taken: number; forMs: number }[];
  readonly #now: MonotonicClock;
  #level = 0;
  #signals: Signals<Signal> | undefined;
  #lookedAt: number;
  #takenAt = Number.NEGATIVE_INFINITY;
  /** When the level was called for last, or one above it taken back. */
  #calledForAt = Number.NEGATIVE_INFINITY;

  constructor(steps: readonly Level<Name, Signal>[], now: MonotonicClock) {
    this.steps = steps;
    this.stats = steps.map(() => ({ taken: 0, forMs: 0 }));
    this.#now = now;
    this.#lookedAt = now();
  }

  /** How many steps are in force; 0 is calm. */
  get level(): number {
    return this.#level;
  }

  /** The last signals that were seen. */
  get signals(): Signals<Signal> | undefined {
    return this.#signals;
  }

  isAt(name: Name): boolean {
    // Asked for every request and frame: while all is calm there is nothing to look up.
    return this.#level > 0 && this.#level > this.steps.findIndex((step) => step.name === name);
  }

  /** How near the signals are to where a step begins; 1 is there. */
  proximity(name: Name): number {
    const enter = this.steps.find((step) => step.name === name)?.enter ?? {};
    const shares = Object.entries<number | undefined>(enter).map(([signal, bound]) => {
      return (this.#signals?.[signal as Signal] ?? 0) / (bound ?? Number.POSITIVE_INFINITY);
    });
    return Math.max(0, ...shares);
  }

  /** Looks at the signals, and takes or takes back one step at most. */
  look(signals: Signals<Signal>): void {
    const now = this.#now();
    for (const [index, stats] of this.stats.entries()) {
      if (index < this.#level) stats.forMs += now - this.#lookedAt;
    }
    this.#lookedAt = now;
    this.#signals = signals;
    if (levelsDue(this.steps, signals) > this.#level) {
      this.#calledForAt = now;
      if (now - this.#takenAt >= RISE_MS) this.#take(now);
    } else if (levelsHeld(this.steps, signals) >= this.#level) {
      this.#calledForAt = now;
    } else if (now - this.#calledForAt >= FALL_MS) {
      this.#level -= 1;
      this.#calledForAt = now;
    }
  }

  #take(now: number): void {
    const stats = this.stats[this.#level];
    if (stats !== undefined) stats.taken += 1;
    this.#level += 1;
    this.#takenAt = now;
  }
}

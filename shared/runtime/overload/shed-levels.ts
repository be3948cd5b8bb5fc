/**
 * Overload is handled in steps, strictly in order: each step has the shares of a limit at which it
 * starts, and lower ones below which it ends, so that it doesn't oscillate. Which steps exist, and
 * what each does, is each role's own policy.
 */
import type { MonotonicClock } from "../lifecycle.ts";
import type { Log } from "../log.ts";

/** How close the process is to each of its limits: 0 is idle, 1 is the limit. */
export type Signals<Signal extends string> = Readonly<Record<Signal, number>>;

export interface Level<Name extends string, Signal extends string> {
  readonly name: Name;
  /** The step starts when one signal is as high as this. */
  readonly enter: Readonly<Partial<Record<Signal, number>>>;
  /** The step ends when every signal is below this. */
  readonly leave: Readonly<Partial<Record<Signal, number>>>;
}

/** How long a step gets to help before the next one is taken. */
const RISE_MS = 300;
/** How long no signal may need a step before it is undone. */
const FALL_MS = 1_000;

function reaches<Signal extends string>(
  signals: Signals<Signal>,
  bounds: Readonly<Partial<Record<Signal, number>>>,
): boolean {
  return Object.entries<number | undefined>(bounds).some(
    ([signal, bound]) => bound !== undefined && signals[signal as Signal] >= bound,
  );
}

/** Logs that more or less load is shed: at most a few lines a second. */
export function logLevel<Name extends string, Signal extends string>(
  log: Log,
  { level, steps, signals }: ShedLevels<Name, Signal>,
  before: number,
): void {
  if (level > before) {
    log.warn({ step: steps[level - 1]?.name, level, signals }, "overload: shedding more load");
  } else if (level < before) {
    log.info({ step: steps[level]?.name, level, signals }, "overload: shedding less load");
  }
}

/** How many steps the signals require, counted from the first. */
export function levelsToEnter<Name extends string, Signal extends string>(
  steps: readonly Level<Name, Signal>[],
  signals: Signals<Signal>,
): number {
  return steps.findLastIndex(({ enter }) => reaches(signals, enter)) + 1;
}

/** How many steps must stay once they are taken. */
export function levelsToHold<Name extends string, Signal extends string>(
  steps: readonly Level<Name, Signal>[],
  signals: Signals<Signal>,
): number {
  return steps.findLastIndex(({ leave }) => reaches(signals, leave)) + 1;
}

export class ShedLevels<Name extends string, Signal extends string> {
  readonly steps: readonly Level<Name, Signal>[];
  /** How often each step was taken, and for how many milliseconds it has been in force. */
  readonly stats: { taken: number; forMs: number }[];
  readonly #now: MonotonicClock;
  #level = 0;
  #signals: Signals<Signal> | undefined;
  #updatedAt: number;
  #takenAt = Number.NEGATIVE_INFINITY;
  /** When a signal last required the level, or one above it was undone. */
  #requiredAt = Number.NEGATIVE_INFINITY;

  constructor(steps: readonly Level<Name, Signal>[], now: MonotonicClock) {
    this.steps = steps;
    this.stats = steps.map(() => ({ taken: 0, forMs: 0 }));
    this.#now = now;
    this.#updatedAt = now();
  }

  /** How many steps are in force; 0 is calm. */
  get level(): number {
    return this.#level;
  }

  /** The last signals. */
  get signals(): Signals<Signal> | undefined {
    return this.#signals;
  }

  isAt(name: Name): boolean {
    // Called for every request and frame: at level 0 there is nothing to look up.
    return this.#level > 0 && this.#level > this.steps.findIndex((step) => step.name === name);
  }

  /** How close the signals are to the start of a step; 1 is there. */
  proximity(name: Name): number {
    const enter = this.steps.find((step) => step.name === name)?.enter ?? {};
    const shares = Object.entries<number | undefined>(enter).map(([signal, bound]) => {
      return (this.#signals?.[signal as Signal] ?? 0) / (bound ?? Number.POSITIVE_INFINITY);
    });
    return Math.max(0, ...shares);
  }

  /** Takes new signals, and takes or undoes at most one step. */
  update(signals: Signals<Signal>): void {
    const now = this.#now();
    for (const [index, stats] of this.stats.entries()) {
      if (index < this.#level) stats.forMs += now - this.#updatedAt;
    }
    this.#updatedAt = now;
    this.#signals = signals;
    if (levelsToEnter(this.steps, signals) > this.#level) {
      this.#requiredAt = now;
      if (now - this.#takenAt >= RISE_MS) this.#take(now);
    } else if (levelsToHold(this.steps, signals) >= this.#level) {
      this.#requiredAt = now;
    } else if (now - this.#requiredAt >= FALL_MS) {
      this.#level -= 1;
      this.#requiredAt = now;
    }
  }

  #take(now: number): void {
    const stats = this.stats[this.#level];
    if (stats !== undefined) stats.taken += 1;
    this.#level += 1;
    this.#takenAt = now;
  }
}

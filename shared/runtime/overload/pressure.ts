/** Load signals that every process has: a late event loop, and memory that runs out. */
import { totalmem } from "node:os";
import type { MonotonicClock } from "../lifecycle.ts";

/** How often the event loop is sampled. */
export const POLL_EVERY_MS = 100;
/** Weight of the newest sample in the average: one late sample alone is not an overload. */
const NEWEST_WEIGHT = 0.2;

/** How late the event loop, or another part of the process, is. */
export class Lateness {
  readonly #now: MonotonicClock;
  #averageMs = 0;
  #sampledAt: number;

  constructor(now: MonotonicClock) {
    this.#now = now;
    this.#sampledAt = now();
  }

  /** The average lateness in milliseconds. */
  get averageMs(): number {
    return this.#averageMs;
  }

  /** Starts the clock: the first sample should follow after {@link POLL_EVERY_MS}. */
  start(): void {
    this.#sampledAt = this.#now();
  }

  /**
   * Call every {@link POLL_EVERY_MS}.
   * @param otherMs how late another part is that matters as much
   */
  sample(otherMs: number): void {
    const now = this.#now();
    const lateMs = Math.max(otherMs, now - this.#sampledAt - POLL_EVERY_MS, 0);
    this.#sampledAt = now;
    this.#averageMs += NEWEST_WEIGHT * (lateMs - this.#averageMs);
  }
}

/**
 * How much memory a process may use.
 * @param setBytes 0: its container's limit
 * @returns bytes; infinite without a limit
 */
export function memoryLimit(setBytes: number): number {
  if (setBytes > 0) return setBytes;
  const constrained = process.constrainedMemory();
  // Without a limit it is 0 or a number beyond what the machine has.
  return constrained > 0 && constrained <= totalmem() ? constrained : Number.POSITIVE_INFINITY;
}

/** How much of its memory a process has used. */
export class MemoryUse {
  readonly #limitBytes: number;
  readonly #usage: () => NodeJS.MemoryUsage;
  #share = 0;

  /** @param limitBytes infinite: there is no limit, and nothing is sampled */
  constructor(limitBytes: number, usage: () => NodeJS.MemoryUsage = process.memoryUsage) {
    this.#limitBytes = limitBytes;
    this.#usage = usage;
  }

  /**
   * The share in use now: resident memory without what V8 keeps but doesn't use at the moment,
   * which the next allocations take first.
   */
  sample(): number {
    if (!Number.isFinite(this.#limitBytes)) return 0;
    try {
      const { rss, heapTotal, heapUsed } = this.#usage();
      this.#share = (rss - (heapTotal - heapUsed)) / this.#limitBytes;
    } catch {
      // It opens a file, and throws when there are too many: no reason to crash. Until it works
      // again, the last value holds.
    }
    return this.#share;
  }
}

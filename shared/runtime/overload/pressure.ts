/** What every process can say of how hard-pressed it is: a late event loop, and memory that runs out. */
import { totalmem } from "node:os";
import type { MonotonicClock } from "../lifecycle.ts";

/** How often the event loop is looked at. */
export const POLL_EVERY_MS = 100;
/** The share of the newest look in the average: a pause of one look alone is no overload. */
const NEWEST = 0.2;

/** How late the event loop is, and what else is late with it. */
export class Lateness {
  readonly #now: MonotonicClock;
  #averageMs = 0;
  #lookedAt: number;

  constructor(now: MonotonicClock) {
    this.#now = now;
    this.#lookedAt = now();
  }

  /** On average, in milliseconds. */
  get averageMs(): number {
    return this.#averageMs;
  }

  /** The first look is to come after {@link LOOK_EVERY_MS}. */
  begin(): void {
    this.#lookedAt = this.#now();
  }

  /**
   * To be called every {@link LOOK_EVERY_MS}.
   * @param otherMs how late something else is that matters as much
   */
  look(otherMs: number): void {
    const now = this.#now();
    const lateMs = Math.max(otherMs, now - this.#lookedAt - POLL_EVERY_MS, 0);
    this.#lookedAt = now;
    this.#averageMs += NEWEST * (lateMs - this.#averageMs);
  }
}

/**
 * What a process may take of memory.
 * @param setBytes 0: what its container may take
 * @returns bytes; infinite where nothing says a limit
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

  /** @param limitBytes infinite: there is no limit, and nothing is looked at */
  constructor(limitBytes: number, usage: () => NodeJS.MemoryUsage = process.memoryUsage) {
    this.#limitBytes = limitBytes;
    this.#usage = usage;
  }

  /**
   * The share that is used now: what is resident, without what V8 keeps but has no use for just now,
   * which the next allocations take first.
   */
  look(): number {
    if (!Number.isFinite(this.#limitBytes)) return 0;
    try {
      const { rss, heapTotal, heapUsed } = this.#usage();
      this.#share = (rss - (heapTotal - heapUsed)) / this.#limitBytes;
    } catch {
      // It opens a file, and throws when there are too many: that is no reason to end. Until it can
      // be asked again, what was last known holds.
    }
    return this.#share;
  }
}

/** Stops asking a reviewer that fails again and again, for a while. */
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";

/** Failures in a row. */
const FAILURES_LIMIT = 5;
const PAUSE_MS = 10_000;

export class Breaker {
  readonly #now: MonotonicClock;
  #failures = 0;
  /** When it may be tried again. */
  #pausedUntil = 0;

  constructor(now: MonotonicClock) {
    this.#now = now;
  }

  /** Whether it has failed too often, and has not answered since. */
  get isOpen(): boolean {
    return this.#failures >= FAILURES_LIMIT;
  }

  /** Whether to ask. While it is open, one request is let through after each pause. */
  admits(): boolean {
    if (!this.isOpen) return true;
    const now = this.#now();
    if (now < this.#pausedUntil) return false;
    this.#pausedUntil = now + PAUSE_MS;
    return true;
  }

  succeeded(): void {
    this.#failures = 0;
  }

  failed(): void {
    this.#failures += 1;
    if (this.#failures >= FAILURES_LIMIT) this.#pausedUntil = this.#now() + PAUSE_MS;
  }
}

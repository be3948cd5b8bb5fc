/** When a connection's grant expires, it is asked for a fresh token; without one it is closed. */

/** The longest delay of a timer. */
const TIMER_MAX_MS = 2 ** 31 - 1;

interface ExpiryOptions {
  readonly graceMs: number;
  readonly wallClock: () => number;
  /** The grant has expired: a fresh token is required within the grace period. */
  readonly onExpired: () => void;
  /** No fresh token arrived. */
  readonly onEnd: () => void;
}

export class Expiry {
  readonly #options: ExpiryOptions;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ExpiryOptions) {
    this.#options = options;
  }

  /** Watches a grant instead of the previous one. Undefined: it never expires. */
  watch(expiresAtMs: number | undefined): void {
    this.stop();
    if (expiresAtMs === undefined) return;
    const leftMs = expiresAtMs - this.#options.wallClock();
    if (leftMs > TIMER_MAX_MS) {
      this.#timer = setTimeout(() => this.watch(expiresAtMs), TIMER_MAX_MS);
    } else {
      this.#timer = setTimeout(() => this.#expire(), Math.max(leftMs, 0));
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #expire(): void {
    const { graceMs, onExpired, onEnd } = this.#options;
    this.#timer = setTimeout(onEnd, graceMs);
    onExpired();
  }
}

/** When a connection's grant ends, a fresh token is asked for; without one it is closed. */

/** The longest time that a timer can be set to. */
const TIMER_MAX_MS = 2 ** 31 - 1;

interface ExpiryOptions {
  readonly graceMs: number;
  readonly wallClock: () => number;
  /** The grant has ended: a fresh token is due within the grace. */
  readonly onDue: () => void;
  /** None came. */
  readonly onEnd: () => void;
}

export class Expiry {
  readonly #options: ExpiryOptions;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ExpiryOptions) {
    this.#options = options;
  }

  /** Watches over a grant, in the place of the one before. Undefined: it has no end. */
  watch(expiresAtMs: number | undefined): void {
    this.stop();
    if (expiresAtMs === undefined) return;
    const leftMs = expiresAtMs - this.#options.wallClock();
    if (leftMs > TIMER_MAX_MS) {
      this.#timer = setTimeout(() => this.watch(expiresAtMs), TIMER_MAX_MS);
    } else {
      this.#timer = setTimeout(() => this.#due(), Math.max(leftMs, 0));
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #due(): void {
    const { graceMs, onDue, onEnd } = this.#options;
    this.#timer = setTimeout(onEnd, graceMs);
    onDue();
  }
}

/**
 * How far reading from NATS lags: a pong arrives after everything that was sent before it, so its
 * delay shows the reader's backlog, wherever that is.
 */
import type { MonotonicClock } from "../runtime/lifecycle.ts";
import type { Bus } from "./connection.ts";

/** One ping at a time, and the next one no sooner than this. */
const PING_EVERY_MS = 250;

export class BusLag {
  readonly #bus: Pick<Bus, "state" | "flush">;
  readonly #now: MonotonicClock;
  #lastMs = 0;
  #pingedAt = Number.NEGATIVE_INFINITY;
  #isWaiting = false;

  constructor(bus: Pick<Bus, "state" | "flush">, now: MonotonicClock) {
    this.#bus = bus;
    this.#now = now;
  }

  /** Call several times a second: pings at intervals. @returns milliseconds */
  sample(): number {
    // Without a connection there is no backlog, and a new connection starts without one.
    if (this.#bus.state !== "connected") return 0;
    const now = this.#now();
    if (this.#isWaiting) return Math.max(this.#lastMs, now - this.#pingedAt);
    if (now - this.#pingedAt >= PING_EVERY_MS) this.#ping(now);
    return this.#lastMs;
  }

  #ping(now: number): void {
    this.#pingedAt = now;
    this.#isWaiting = true;
    const answered = () => {
      this.#isWaiting = false;
      this.#lastMs = this.#now() - now;
    };
    const lost = () => {
      this.#isWaiting = false;
      this.#lastMs = 0;
    };
    this.#bus.flush().then(answered, lost);
  }
}

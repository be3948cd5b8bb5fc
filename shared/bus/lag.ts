/**
 * How long what NATS sends takes to be read here: an answer to a ping comes behind all that was sent
 * before, so a reader that can't keep up sees its own backlog in it, wherever that lies.
 */
import type { MonotonicClock } from "../runtime/lifecycle.ts";
import type { Bus } from "./connection.ts";

/** One ping at a time, and the next one after this. */
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

  /** To be called several times a second: pings if one is due. @returns milliseconds */
  look(): number {
    // While there is no connection nothing is behind, and what comes back begins anew.
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

/** Several dispatchers may send a video's viewer count; viewers get the newest, once per interval. */
import type { FanoutEvent } from "../../shared/protocol/fanout-message.ts";
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";

export class CountInterval {
  readonly #intervalMs: number;
  readonly #now: MonotonicClock;
  readonly #send: (count: FanoutEvent) => void;
  #sentAt = Number.NEGATIVE_INFINITY;
  #held: FanoutEvent | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param send sends a count that was held */
  constructor(intervalMs: number, now: MonotonicClock, send: (count: FanoutEvent) => void) {
    this.#intervalMs = intervalMs;
    this.#now = now;
    this.#send = send;
  }

  /** Whether the count may be sent now; otherwise it is held, and sent unless a newer one comes. */
  admits(count: FanoutEvent): boolean {
    const wait = this.#sentAt + this.#intervalMs - this.#now();
    if (wait > 0) {
      this.#held = count;
      this.#timer ??= setTimeout(() => this.#sendHeld(), wait);
      return false;
    }
    this.#held = undefined;
    this.#sentAt = this.#now();
    return true;
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #sendHeld(): void {
    this.#timer = undefined;
    const held = this.#held;
    if (held === undefined) return;
    this.#held = undefined;
    this.#sentAt = this.#now();
    this.#send(held);
  }
}

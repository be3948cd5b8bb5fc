/**
 * A browser sees nothing of a handshake that is refused. So a WebSocket that comes to a gateway that
 * is full is opened, told when to come back, and closed: it has no session and no row. How many are
 * at a time is bounded by their rate, for uWebSockets.js lets go of a socket that it has closed
 * within 16 seconds, whatever the client does; beyond it, the handshake is refused.
 */
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";
import { type Rate, TokenBucket } from "./token-bucket.ts";

/** A second's worth at once: so no more than 17 times as many are open, in the worst case. */
const RATE: Rate = { name: "goodbyes", perSecond: 200, burst: 200 };

export class FullNoticeLimit {
  readonly #bucket: TokenBucket;
  readonly #now: MonotonicClock;

  constructor(now: MonotonicClock) {
    this.#bucket = new TokenBucket(RATE, now());
    this.#now = now;
  }

  /** @returns whether one more may be opened to be told goodbye */
  take(): boolean {
    return this.#bucket.take(RATE, 1, this.#now()) === 0;
  }
}

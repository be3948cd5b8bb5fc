/**
 * A browser hides why a handshake was refused. So a full gateway opens the WebSocket, tells it when
 * to reconnect, and closes it: it gets no session and no row. The rate limits how many are open at
 * a time, since uWebSockets.js frees a socket that it has closed within 16 seconds, whatever the
 * client does. Beyond the rate, the handshake is refused.
 */
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";
import { type Rate, TokenBucket } from "./token-bucket.ts";

/** A second's worth at once, so that in the worst case 17 times as many are open. */
const RATE: Rate = { name: "full_notices", perSecond: 200, burst: 200 };

export class FullNoticeLimit {
  readonly #bucket: TokenBucket;
  readonly #now: MonotonicClock;

  constructor(now: MonotonicClock) {
    this.#bucket = new TokenBucket(RATE, now());
    this.#now = now;
  }

  /** @returns whether one more may be opened to get the notice */
  take(): boolean {
    return this.#bucket.take(RATE, 1, this.#now()) === 0;
  }
}

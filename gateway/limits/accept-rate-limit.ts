/**
 * How fast viewers may come. When a gateway is lost, all of its viewers come to the others at once:
 * each is let in at a pace that doesn't hold up those who are there, and who is sent away is told a
 * time of its own, so that they come again at that pace too.
 */
import { OvationError } from "../../shared/protocol/errors.ts";
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";
import { type Rate, TokenBucket } from "./token-bucket.ts";

/** The longest time that is told; who finds the line so long comes at any time within it. */
const LINE_MAX_MS = 10_000;
/** The least that is told, so that a client that can do nothing but ask again doesn't. */
const RETRY_MIN_MS = 500;
/** Who comes while the gateway is drained goes to another one, at any time within this. */
const DRAINING_RETRY_MS = 1_000;

export interface AcceptRateLimitOptions {
  readonly perSecond: number;
  readonly now: MonotonicClock;
  readonly random: () => number;
}

export class AcceptRateLimit {
  /** Viewers that were told to come later. */
  postponed = 0;
  readonly #options: AcceptRateLimitOptions;
  readonly #rate: Rate;
  readonly #bucket: TokenBucket;
  /** The moment of the last one in the line of those who were sent away. */
  #lineEndsAt = 0;
  #isOver = false;

  constructor(options: AcceptRateLimitOptions) {
    const { perSecond, now } = options;
    this.#options = options;
    this.#rate = { name: "connections", perSecond, burst: perSecond };
    this.#bucket = new TokenBucket(this.#rate, now());
  }

  /** Nobody is let in any more, for good: the gateway is drained. */
  end(): void {
    this.#isOver = true;
  }

  /** Lets a viewer in. @throws OvationError overloaded, or draining */
  admit(): void {
    this.#requireOpen();
    const at = this.#options.now();
    if (this.#bucket.take(this.#rate, 1, at) > 0) this.#refuse(at);
  }

  /** Whether a viewer would be let in just now. @throws OvationError overloaded, or draining */
  check(): void {
    this.#requireOpen();
    const at = this.#options.now();
    if (this.#bucket.tokens(this.#rate, at) < 1) this.#refuse(at);
  }

  #requireOpen(): void {
    if (!this.#isOver) return;
    const retryAfterMs = Math.round(this.#options.random() * DRAINING_RETRY_MS);
    throw new OvationError("draining", undefined, { retryAfterMs });
  }

  #refuse(at: number): never {
    const { perSecond: limit } = this.#options;
    this.postponed += 1;
    const text = `the gateway lets in ${limit} viewers a second`;
    throw new OvationError("overloaded", text, { limit, retryAfterMs: this.#retryAfterMs(at) });
  }

  /** The next place in the line. */
  #retryAfterMs(at: number): number {
    const { perSecond, random } = this.#options;
    const slotMs = 1_000 / perSecond;
    const slotAt = Math.max(at + RETRY_MIN_MS, this.#lineEndsAt + slotMs);
    if (slotAt + slotMs - at > LINE_MAX_MS) {
      return Math.round(RETRY_MIN_MS + random() * (LINE_MAX_MS - RETRY_MIN_MS));
    }
    this.#lineEndsAt = slotAt;
    return Math.round(slotAt - at + random() * slotMs);
  }
}

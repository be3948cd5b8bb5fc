/**
 * How fast viewers may connect. When a gateway is lost, all of its viewers come to the others at
 * once: they are accepted at a pace that doesn't delay the connected ones, and each refused viewer
 * gets its own time to retry, so that they return at that pace too.
 */
import { OvationError } from "../../shared/protocol/errors.ts";
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";
import { type Rate, TokenBucket } from "./token-bucket.ts";

/** The longest time to wait; when the queue is that long, viewers retry at random within it. */
const QUEUE_MAX_MS = 10_000;
/** The shortest time to wait, so that refused clients don't retry in a tight loop. */
const RETRY_MIN_MS = 500;
/** A viewer refused during a drain goes to another gateway, at a random time within this. */
const DRAINING_RETRY_MS = 1_000;

export interface AcceptRateLimitOptions {
  readonly perSecond: number;
  readonly now: MonotonicClock;
  readonly random: () => number;
}

function rateOf(perSecond: number): Rate {
  return { name: "connections", perSecond, burst: perSecond };
}

export class AcceptRateLimit {
  /** Viewers that were refused and told when to retry. */
  postponed = 0;
  readonly #options: AcceptRateLimitOptions;
  #rate: Rate;
  readonly #bucket: TokenBucket;
  /** The time slot of the last refused viewer. */
  #queueEndsAt = 0;
  #isEnded = false;

  constructor(options: AcceptRateLimitOptions) {
    const { perSecond, now } = options;
    this.#options = options;
    this.#rate = rateOf(perSecond);
    this.#bucket = new TokenBucket(this.#rate, now());
  }

  /** How many viewers are accepted per second. */
  get perSecond(): number {
    return this.#rate.perSecond;
  }

  set perSecond(perSecond: number) {
    this.#rate = rateOf(perSecond);
  }

  /** Refuses every viewer from now on: the gateway drains. */
  end(): void {
    this.#isEnded = true;
  }

  /** Accepts a viewer. @throws OvationError overloaded, or draining */
  admit(): void {
    this.#requireOpen();
    const at = this.#options.now();
    if (this.#bucket.take(this.#rate, 1, at) > 0) this.#refuse(at);
  }

  /** Checks whether a viewer would be accepted now. @throws OvationError overloaded, or draining */
  check(): void {
    this.#requireOpen();
    const at = this.#options.now();
    if (this.#bucket.tokens(this.#rate, at) < 1) this.#refuse(at);
  }

  #requireOpen(): void {
    if (!this.#isEnded) return;
    const retryAfterMs = Math.round(this.#options.random() * DRAINING_RETRY_MS);
    throw new OvationError("draining", undefined, { retryAfterMs });
  }

  #refuse(at: number): never {
    const limit = this.perSecond;
    this.postponed += 1;
    const text = `the gateway accepts ${limit} viewers per second`;
    throw new OvationError("overloaded", text, { limit, retryAfterMs: this.#retryAfterMs(at) });
  }

  /** Assigns the next time slot. */
  #retryAfterMs(at: number): number {
    const { random } = this.#options;
    const slotMs = 1_000 / this.perSecond;
    const slotAt = Math.max(at + RETRY_MIN_MS, this.#queueEndsAt + slotMs);
    if (slotAt + slotMs - at > QUEUE_MAX_MS) {
      return Math.round(RETRY_MIN_MS + random() * (QUEUE_MAX_MS - RETRY_MIN_MS));
    }
    this.#queueEndsAt = slotAt;
    return Math.round(slotAt - at + random() * slotMs);
  }
}

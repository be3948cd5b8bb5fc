/** What a client, or one connection of it, may still publish, and has published. */
import { BoundedMap, type BoundedMapStats } from "./bounded-map.ts";
import { type Rate, TokenBucket } from "./token-bucket.ts";

/** Videos of one publisher whose likes are counted; no real viewer likes more at once. */
const LIKED_VIDEOS = 32;

/** Events published on one video: how many, and how many of them are transient. */
export interface PublishAmount {
  readonly video: string;
  readonly events: number;
  readonly transient: number;
}

export interface QuotaRates {
  readonly publishes: Rate;
  /** What an event that isn't transient costs of `publishes`; a transient one costs 1. */
  readonly lastingCost: number;
  /** For transient events on one video; undefined: only `publishes` limits them. */
  readonly likes: Rate | undefined;
}

/** A refusal, and when to try again. */
export interface Refusal {
  readonly rate: Rate;
  readonly waitMs: number;
}

export class PublisherQuota {
  readonly publishes: TokenBucket;
  /** Spent here, and not yet reported to other gateways. */
  unsynced = 0;
  readonly #likes: BoundedMap<TokenBucket> | undefined;
  readonly #rates: QuotaRates;

  constructor(rates: QuotaRates, stats: BoundedMapStats, clock: () => number) {
    this.#rates = rates;
    this.publishes = new TokenBucket(rates.publishes, clock());
    const { likes } = rates;
    if (likes === undefined) return;
    this.#likes = new BoundedMap(LIKED_VIDEOS, (bucket) => bucket.isFull(likes, clock()), stats);
  }

  /** What these events cost of `publishes`. */
  costOf({ events, transient }: PublishAmount): number {
    return transient + (events - transient) * this.#rates.lastingCost;
  }

  /** Why these events are refused; undefined if they may be published. Charges nothing. */
  refusal(amount: PublishAmount, now: number): Refusal | undefined {
    const { publishes, likes } = this.#rates;
    const { video, transient } = amount;
    if (transient > 0 && likes !== undefined) {
      const waitMs = this.#likesOf(video, likes, now)?.waitMs(likes, transient, now) ?? 0;
      if (waitMs > 0) return { rate: likes, waitMs };
    }
    const waitMs = this.publishes.waitMs(publishes, this.costOf(amount), now);
    return waitMs > 0 ? { rate: publishes, waitMs } : undefined;
  }

  take(amount: PublishAmount, now: number): void {
    const { publishes, likes } = this.#rates;
    const { video, transient } = amount;
    if (transient > 0 && likes !== undefined) {
      this.#likesOf(video, likes, now)?.take(likes, transient, now);
    }
    this.publishes.take(publishes, this.costOf(amount), now);
  }

  giveBack(amount: PublishAmount): void {
    const { publishes, likes } = this.#rates;
    const { video, transient } = amount;
    if (transient > 0 && likes !== undefined) this.#likes?.get(video)?.giveBack(likes, transient);
    this.publishes.giveBack(publishes, this.costOf(amount));
  }

  /** Whether it equals a new one. */
  isIdle(now: number): boolean {
    return this.unsynced === 0 && this.publishes.isFull(this.#rates.publishes, now);
  }

  #likesOf(video: string, rate: Rate, now: number): TokenBucket | undefined {
    const known = this.#likes?.get(video);
    if (known !== undefined) return known;
    const bucket = new TokenBucket(rate, now);
    this.#likes?.add(video, bucket);
    return bucket;
  }
}

/** What an actor, or a connection without one, may still publish, and has published. */
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
  /** For transient events on one video. */
  readonly likes: Rate;
}

/** A refusal, and when to try again. */
export interface Refusal {
  readonly rate: Rate;
  readonly waitMs: number;
}

export class ActorQuota {
  readonly publishes: TokenBucket;
  /** Published here, and not yet reported to other gateways. */
  unsynced = 0;
  readonly #likes: BoundedMap<TokenBucket>;
  readonly #rates: QuotaRates;

  constructor(rates: QuotaRates, stats: BoundedMapStats, clock: () => number) {
    this.#rates = rates;
    this.publishes = new TokenBucket(rates.publishes, clock());
    this.#likes = new BoundedMap(
      LIKED_VIDEOS,
      (bucket) => bucket.isFull(rates.likes, clock()),
      stats,
    );
  }

  /** Why these events are refused; undefined if they may be published. Charges nothing. */
  refusal({ video, events, transient }: PublishAmount, now: number): Refusal | undefined {
    const { publishes, likes } = this.#rates;
    if (transient > 0) {
      const waitMs = this.#likesOf(video, now).waitMs(likes, transient, now);
      if (waitMs > 0) return { rate: likes, waitMs };
    }
    const waitMs = this.publishes.waitMs(publishes, events, now);
    return waitMs > 0 ? { rate: publishes, waitMs } : undefined;
  }

  take({ video, events, transient }: PublishAmount, now: number): void {
    const { publishes, likes } = this.#rates;
    if (transient > 0) this.#likesOf(video, now).take(likes, transient, now);
    this.publishes.take(publishes, events, now);
  }

  giveBack({ video, events, transient }: PublishAmount): void {
    const { publishes, likes } = this.#rates;
    if (transient > 0) this.#likes.get(video)?.giveBack(likes, transient);
    this.publishes.giveBack(publishes, events);
  }

  /** Whether it equals a new one. */
  isIdle(now: number): boolean {
    return this.unsynced === 0 && this.publishes.isFull(this.#rates.publishes, now);
  }

  #likesOf(video: string, now: number): TokenBucket {
    const known = this.#likes.get(video);
    if (known !== undefined) return known;
    const bucket = new TokenBucket(this.#rates.likes, now);
    this.#likes.add(video, bucket);
    return bucket;
  }
}

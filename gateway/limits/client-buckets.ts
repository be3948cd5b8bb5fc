/** Token buckets of clients by key, all with one rate, up to a limit. */
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";
import { BoundedMap, type BoundedMapStats } from "./bounded-map.ts";
import type { ClientKey } from "./client-key.ts";
import { type Rate, TokenBucket } from "./token-bucket.ts";

export class ClientBuckets {
  readonly rate: Rate;
  readonly #now: MonotonicClock;
  readonly #buckets: BoundedMap<TokenBucket>;

  constructor(rate: Rate, limit: number, stats: BoundedMapStats, now: MonotonicClock) {
    this.rate = rate;
    this.#now = now;
    this.#buckets = new BoundedMap(limit, (bucket) => bucket.isFull(rate, now()), stats);
  }

  get size(): number {
    return this.#buckets.size;
  }

  /** As {@link TokenBucket.take}, of a client's bucket. */
  take(client: ClientKey, count: number): number {
    const now = this.#now();
    return this.#bucketOf(client, now).take(this.rate, count, now);
  }

  /** As {@link TokenBucket.waitMs}. */
  waitMs(client: ClientKey, count: number): number {
    const now = this.#now();
    return this.#bucketOf(client, now).waitMs(this.rate, count, now);
  }

  /** As {@link TokenBucket.giveBack}. */
  giveBack(client: ClientKey, count: number): void {
    this.#buckets.get(client)?.giveBack(this.rate, count);
  }

  #bucketOf(client: ClientKey, now: number): TokenBucket {
    const known = this.#buckets.get(client);
    if (known !== undefined) return known;
    const bucket = new TokenBucket(this.rate, now);
    this.#buckets.add(client, bucket);
    return bucket;
  }
}

/** How much one WebSocket may request and publish. */
import type { OvationError } from "../../shared/protocol/errors.ts";
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";
import type { BoundedMapStats } from "./bounded-map.ts";
import type { ClientKey } from "./client-key.ts";
import type { PublishQuota } from "./publish-quota.ts";
import { type PublishAmount, PublisherQuota, type QuotaRates } from "./publisher-quota.ts";
import type { Publishers } from "./publishers.ts";
import { type Rate, TokenBucket } from "./token-bucket.ts";

/** A message counts as one request for each started share of this size: reading it is work. */
const BYTES_PER_REQUEST = 2_048;

/** What to do with a request. */
export type Verdict =
  | "take"
  /** Answered with an error, and nothing else. */
  | "refuse"
  /** The connection is closed. */
  | "close";

/** What all connections share. */
export interface ConnectionRateLimitOptions {
  readonly requests: Rate;
  readonly spending: QuotaRates;
  readonly publishers: Pick<Publishers, "refusal" | "take" | "giveBack">;
  readonly stats: BoundedMapStats;
  readonly now: MonotonicClock;
  readonly refuse: (rate: Rate, waitMs: number) => OvationError;
}

export class ConnectionRateLimit implements PublishQuota {
  readonly #options: ConnectionRateLimitOptions;
  readonly #requests: TokenBucket;
  /** Undefined until the first publish: most viewers never publish. */
  #quota: PublisherQuota | undefined;

  constructor(options: ConnectionRateLimitOptions) {
    this.#options = options;
    this.#requests = new TokenBucket(options.requests, options.now());
  }

  /**
   * Counts a message or a ping. Refused ones count too: a connection that keeps sending although a
   * whole burst was refused is closed.
   * @param bytes of the message
   */
  request(bytes: number): Verdict {
    const { requests, now } = this.#options;
    const at = now();
    this.#requests.charge(requests, Math.ceil(bytes / BYTES_PER_REQUEST) || 1, at);
    const left = this.#requests.tokens(requests, at);
    if (left >= 0) return "take";
    return left >= -requests.burst ? "refuse" : "close";
  }

  /** The error for a request that is refused, or that closes the connection. */
  refusal(): OvationError {
    const { requests, now, refuse } = this.#options;
    const owed = -this.#requests.tokens(requests, now());
    return refuse(requests, Math.ceil(((owed + 1) / requests.perSecond) * 1_000));
  }

  check(client: ClientKey | undefined, amount: PublishAmount): void {
    const { publishers, now, refuse } = this.#options;
    const refusal =
      this.#ownQuota().refusal(amount, now()) ??
      (client === undefined ? undefined : publishers.refusal(client, amount));
    if (refusal !== undefined) throw refuse(refusal.rate, refusal.waitMs);
  }

  take(client: ClientKey | undefined, amount: PublishAmount): void {
    const { publishers, now } = this.#options;
    this.#ownQuota().take(amount, now());
    if (client !== undefined) publishers.take(client, amount);
  }

  giveBack(client: ClientKey | undefined, amount: PublishAmount): void {
    this.#quota?.giveBack(amount);
    if (client !== undefined) this.#options.publishers.giveBack(client, amount);
  }

  #ownQuota(): PublisherQuota {
    const { spending, stats, now } = this.#options;
    this.#quota ??= new PublisherQuota(spending, stats, now);
    return this.#quota;
  }
}

/** How much one WebSocket may request and publish. */
import type { OvationError } from "../../shared/protocol/errors.ts";
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";
import type { BoundedMapStats } from "./bounded-map.ts";
import type { ClientKey } from "./client-key.ts";
import type { PublishQuota } from "./publish-quota.ts";
import { type PublishAmount, PublisherQuota, type QuotaRates } from "./publisher-quota.ts";
import type { Publishers } from "./publishers.ts";
import { type Rate, TokenBucket } from "./token-bucket.ts";
import type { ClientWork } from "./work.ts";

/** A message counts as one request for each started share of this size: reading it is work. */
const BYTES_PER_REQUEST = 2_048;
/**
 * A message counts so many times for its connection when its client has no room left over all of its
 * connections: one that goes on sending is closed soon.
 */
const REFUSED_COST = 10;

/** What the client of a connection may send over all of its connections. */
export type ClientMessages = Pick<ClientWork, "message" | "messageRefusal">;

/** What to do with a request. */
export type Verdict =
  | "take"
  /** Answered with an error, and nothing else: the connection has sent too much. */
  | "refuse"
  /** The same: its client has, over all of its connections. */
  | "refuse-client"
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
   * Counts a message, for the connection and for its client. Refused ones count for the connection
   * too: one that keeps sending although a whole burst was refused is closed.
   * @param bytes of the message
   */
  request(bytes: number, client: ClientMessages): Verdict {
    const cost = Math.ceil(bytes / BYTES_PER_REQUEST) || 1;
    const own = this.#charge(cost);
    if (own === "close" || client.message(cost)) return own;
    return this.#charge((REFUSED_COST - 1) * cost) === "close" ? "close" : "refuse-client";
  }

  /** Counts a request as so many more than one, though it was taken: the next ones wait for it. */
  more(cost: number, client: Pick<ClientMessages, "message">): void {
    this.#charge(cost);
    client.message(cost);
  }

  /** Counts a ping or a pong: the connection's own limit is enough of one for what is that cheap. */
  control(): Verdict {
    return this.#charge(1);
  }

  /** Whether the connection has used up its own limit. */
  get isSpent(): boolean {
    const { requests, now } = this.#options;
    return this.#requests.tokens(requests, now()) < 0;
  }

  /** The error for a message that is refused, or that closes the connection. */
  refusal(verdict: Verdict, client: ClientMessages): OvationError {
    const { requests, now, refuse } = this.#options;
    const owed = Math.max(0, -this.#requests.tokens(requests, now()));
    const waitMs = Math.ceil(((owed + 1) / requests.perSecond) * 1_000);
    return verdict === "refuse-client" ? client.messageRefusal(waitMs) : refuse(requests, waitMs);
  }

  #charge(cost: number): Verdict {
    const { requests, now } = this.#options;
    const at = now();
    this.#requests.charge(requests, cost, at);
    const left = this.#requests.tokens(requests, at);
    if (left >= 0) return "take";
    return left >= -requests.burst ? "refuse" : "close";
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

/**
 * How many tickets a gateway issues within a ticket's lifetime, and how many of them to one client:
 * to an actor, and to an address. They are counted by the kilobyte, since a ticket holds its grant.
 */
import { OvationError } from "../../shared/protocol/errors.ts";
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";
import { ClientBuckets } from "./client-buckets.ts";
import { ADDRESS_FACTOR, type Claimant, clientShare } from "./client-share.ts";
import { type Rate, TokenBucket } from "./token-bucket.ts";

/** Of all clients together, within a ticket's lifetime. */
const TICKETS_LIMIT = 10_000;
const UNIT_BYTES = 1_024;

interface TicketSharesOptions {
  readonly lifeMs: number;
  readonly clientSharePercent: number;
  /** How many clients are tracked. */
  readonly limitedClientsKept: number;
  readonly now: MonotonicClock;
}

export class TicketShares {
  readonly #now: MonotonicClock;
  readonly #all: Rate;
  readonly #allBucket: TokenBucket;
  readonly #clients: ClientBuckets;
  readonly #addresses: ClientBuckets;

  constructor({ lifeMs, clientSharePercent, limitedClientsKept, now }: TicketSharesOptions) {
    // Half at once and half over a lifetime, so that within a lifetime there are never more.
    const rate = (limit: number): Rate => ({
      name: "tickets",
      perSecond: (limit / 2 / lifeMs) * 1_000,
      burst: limit / 2,
    });
    const share = clientShare(TICKETS_LIMIT, clientSharePercent);
    const stats = { forgotten: 0 };
    this.#now = now;
    this.#all = rate(TICKETS_LIMIT);
    this.#allBucket = new TokenBucket(this.#all, now());
    this.#clients = new ClientBuckets(rate(share), limitedClientsKept, stats, now);
    const addressRate = rate(ADDRESS_FACTOR * share);
    this.#addresses = new ClientBuckets(addressRate, limitedClientsKept, stats, now);
  }

  /**
   * @param bytes the ticket's size
   * @throws OvationError tickets_exceeded
   */
  take({ client, address }: Claimant, bytes: number): void {
    const units = Math.ceil(bytes / UNIT_BYTES);
    const isActor = client !== address;
    const now = this.#now();
    const retryAfterMs = Math.max(
      this.#clients.waitMs(client, units),
      isActor ? this.#addresses.waitMs(address, units) : 0,
      this.#allBucket.waitMs(this.#all, units, now),
    );
    if (retryAfterMs > 0) {
      const limit = this.#clients.rate.burst;
      const text = `a client may get ${limit} tickets at once`;
      throw new OvationError("tickets_exceeded", text, { limit, retryAfterMs });
    }
    this.#clients.take(client, units);
    if (isActor) this.#addresses.take(address, units);
    this.#allBucket.take(this.#all, units, now);
  }
}

/**
 * What clients may publish over all gateways: actors, and the addresses of those who have no actor.
 * Each gateway has a bucket for each client publishing there, and the gateways report spending to
 * each other: in batches, and a client's only from a quarter of its burst. So a client that uses
 * several gateways can exceed its limit by what they have not reported: for each further gateway a
 * quarter of the burst, and what it can spend within one interval, at most one burst. What is
 * reported later counts as debt, so it does not add up.
 *
 * While NATS is away nothing is reported, and each gateway enforces the limit by itself.
 */
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";
import { BoundedMap, type BoundedMapStats } from "./bounded-map.ts";
import { type ClientKey, isAddressKey } from "./client-key.ts";
import {
  type PublishAmount,
  PublisherQuota,
  type QuotaRates,
  type Refusal,
} from "./publisher-quota.ts";

/** A client's spending is reported from this part of its burst on. */
export const REPORT_FROM = 1 / 4;

export interface SpendingStats extends BoundedMapStats {
  /** What was reported to other gateways, and by them. */
  sent: number;
  received: number;
}

/** What a client spent since the last report. */
export type SpentReport = readonly [client: ClientKey, cost: number];

interface PublishersOptions {
  readonly rates: { readonly actor: QuotaRates; readonly address: QuotaRates };
  /** How many actors, and how many addresses, are tracked. */
  readonly limit: number;
  readonly now: MonotonicClock;
}

export class Publishers {
  readonly stats: SpendingStats = { forgotten: 0, sent: 0, received: 0 };
  readonly #options: PublishersOptions;
  /** Two, so that neither sort is forgotten to make room for the other. */
  readonly #actors: BoundedMap<PublisherQuota>;
  readonly #addresses: BoundedMap<PublisherQuota>;
  /** Clients whose spending must be reported. */
  readonly #unreported = new Map<ClientKey, PublisherQuota>();

  constructor(options: PublishersOptions) {
    this.#options = options;
    const { limit, now } = options;
    const quotas = () =>
      new BoundedMap<PublisherQuota>(limit, (quota) => quota.isIdle(now()), this.stats);
    this.#actors = quotas();
    this.#addresses = quotas();
  }

  /** Actors and addresses that are tracked. */
  get size(): number {
    return this.#actors.size + this.#addresses.size;
  }

  /** Why a client's events are refused; undefined if they may be published. Charges nothing. */
  refusal(client: ClientKey, amount: PublishAmount): Refusal | undefined {
    return this.#quotaOf(client).refusal(amount, this.#options.now());
  }

  take(client: ClientKey, amount: PublishAmount): void {
    const quota = this.#quotaOf(client);
    quota.take(amount, this.#options.now());
    quota.unsynced += quota.costOf(amount);
    const isMuch = quota.unsynced > this.#ratesOf(client).publishes.burst * REPORT_FROM;
    // While NATS is away nothing is sent; a client left out here is added with its next event.
    if (isMuch && this.#unreported.size < this.#options.limit) this.#unreported.set(client, quota);
  }

  giveBack(client: ClientKey, amount: PublishAmount): void {
    const quota = this.#quotasLike(client).get(client);
    if (quota === undefined) return;
    quota.giveBack(amount);
    // What was already reported stays charged at the other gateways; it is little.
    quota.unsynced = Math.max(0, quota.unsynced - quota.costOf(amount));
  }

  /** Up to `most` clients whose spending must be reported. */
  unreported(most: number): readonly SpentReport[] {
    const spent: SpentReport[] = [];
    for (const [client, { unsynced }] of this.#unreported) {
      if (spent.length === most) break;
      spent.push([client, unsynced]);
    }
    return spent;
  }

  /** This was. */
  reported(spent: readonly SpentReport[]): void {
    for (const [client, cost] of spent) {
      const quota = this.#unreported.get(client);
      if (quota !== undefined) quota.unsynced = 0;
      this.#unreported.delete(client);
      this.stats.sent += cost;
    }
  }

  /** A client spent this at another gateway. */
  applyRemote(client: ClientKey, cost: number): void {
    this.stats.received += cost;
    const { publishes } = this.#quotaOf(client);
    publishes.charge(this.#ratesOf(client).publishes, cost, this.#options.now());
  }

  #ratesOf(client: ClientKey): QuotaRates {
    const { rates } = this.#options;
    return isAddressKey(client) ? rates.address : rates.actor;
  }

  #quotasLike(client: ClientKey): BoundedMap<PublisherQuota> {
    return isAddressKey(client) ? this.#addresses : this.#actors;
  }

  #quotaOf(client: ClientKey): PublisherQuota {
    const quotas = this.#quotasLike(client);
    const known = quotas.get(client);
    if (known !== undefined) return known;
    const quota = new PublisherQuota(this.#ratesOf(client), this.stats, this.#options.now);
    quotas.add(client, quota);
    return quota;
  }
}

/**
 * What actors may publish over all gateways. Each gateway has a bucket for each actor publishing
 * there, and the gateways report spending to each other: in batches, and an actor's only from a
 * quarter of its burst. So an actor that uses several gateways can exceed its limit by what they
 * have not reported: for each further gateway a quarter of the burst, and what it can spend within
 * one interval, at most one burst. What is reported later counts as debt, so it does not add up.
 *
 * While NATS is away nothing is reported, and each gateway enforces the limit by itself.
 */
import type { Bus, BusSubscription } from "../../shared/bus/connection.ts";
import {
  gatewayOfSpendingSubject,
  SPENDING_SUBJECTS,
  spendingSubject,
} from "../../shared/protocol/subjects.ts";
import { decodeTrustedMsgpack, encodeMsgpack } from "../../shared/protocol/wire/codec.ts";
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";
import { ActorQuota, type PublishAmount, type QuotaRates, type Refusal } from "./actor-quota.ts";
import { BoundedMap, type BoundedMapStats } from "./bounded-map.ts";
import { spendingSchema } from "./quota-message.ts";

/** How often gateways report. */
export const REPORT_EVERY_MS = 250;
/** An actor's spending is reported from this part of its burst on. */
export const REPORT_FROM = 1 / 4;
/** Actors in one message; the rest go in the next one. */
const ACTORS_PER_REPORT = 1_000;

export interface ActorStats extends BoundedMapStats {
  /** Events reported to other gateways, and reported by them. */
  sent: number;
  received: number;
  /** Messages of other gateways that could not be read. */
  unreadable: number;
}

interface ActorsOptions {
  readonly bus: Pick<Bus, "publish" | "subscribe">;
  readonly gateway: string;
  readonly rates: QuotaRates;
  readonly limit: number;
  readonly now: MonotonicClock;
}

export class Actors {
  readonly stats: ActorStats = { forgotten: 0, sent: 0, received: 0, unreadable: 0 };
  readonly #options: ActorsOptions;
  readonly #quotas: BoundedMap<ActorQuota>;
  /** Actors whose spending must be reported. */
  readonly #unreported = new Map<string, ActorQuota>();
  #subscription: BusSubscription | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ActorsOptions) {
    this.#options = options;
    const { limit, now } = options;
    this.#quotas = new BoundedMap(limit, (quota) => quota.isIdle(now()), this.stats);
  }

  /** Actors that are tracked. */
  get size(): number {
    return this.#quotas.size;
  }

  start(): void {
    const { bus } = this.#options;
    this.#subscription = bus.subscribe(SPENDING_SUBJECTS, (payload, subject) => {
      this.#applyRemote(payload, subject);
    });
    this.#timer = setInterval(() => this.#report(), REPORT_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#subscription?.unsubscribe();
  }

  /** Why an actor's events are refused; undefined if they may be published. Charges nothing. */
  refusal(actor: string, amount: PublishAmount): Refusal | undefined {
    return this.#quotaOf(actor).refusal(amount, this.#options.now());
  }

  take(actor: string, amount: PublishAmount): void {
    const quota = this.#quotaOf(actor);
    quota.take(amount, this.#options.now());
    quota.unsynced += amount.events;
    const { rates, limit } = this.#options;
    const isMuch = quota.unsynced > rates.publishes.burst * REPORT_FROM;
    // While NATS is away nothing is sent; an actor left out here is added with its next event.
    if (isMuch && this.#unreported.size < limit) this.#unreported.set(actor, quota);
  }

  giveBack(actor: string, amount: PublishAmount): void {
    const quota = this.#quotas.get(actor);
    if (quota === undefined) return;
    quota.giveBack(amount);
    // What was already reported stays charged at the other gateways; it is little.
    quota.unsynced = Math.max(0, quota.unsynced - amount.events);
  }

  #quotaOf(actor: string): ActorQuota {
    const known = this.#quotas.get(actor);
    if (known !== undefined) return known;
    const { rates, now } = this.#options;
    const quota = new ActorQuota(rates, this.stats, now);
    this.#quotas.add(actor, quota);
    return quota;
  }

  #report(): void {
    if (this.#unreported.size === 0) return;
    const spent: [string, number][] = [];
    const quotas: ActorQuota[] = [];
    for (const [actor, quota] of this.#unreported) {
      spent.push([actor, quota.unsynced]);
      quotas.push(quota);
      if (spent.length >= ACTORS_PER_REPORT) break;
    }
    const { bus, gateway } = this.#options;
    // What can't be sent now is sent when NATS is back.
    if (!bus.publish(spendingSubject(gateway), encodeMsgpack({ spent }))) return;
    for (const [actor, count] of spent) {
      this.#unreported.delete(actor);
      this.stats.sent += count;
    }
    for (const quota of quotas) quota.unsynced = 0;
  }

  #applyRemote(payload: Uint8Array, subject: string): void {
    const sender = gatewayOfSpendingSubject(subject);
    const { gateway, rates, now } = this.#options;
    if (sender === gateway) return;
    const parsed = spendingSchema.safeParse(decodeTrustedMsgpack(payload));
    if (sender === undefined || !parsed.success) {
      this.stats.unreadable += 1;
      return;
    }
    for (const [actor, count] of parsed.data.spent) {
      this.stats.received += count;
      this.#quotaOf(actor).publishes.charge(rates.publishes, count, now());
    }
  }
}

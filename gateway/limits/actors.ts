/**
 * What actors may publish over all gateways. Each gateway has a bucket for each actor that publishes
 * there, and they tell each other what was spent: in a batch, and of an actor not before it is a
 * quarter of the burst. So an actor that uses several gateways can exceed its limit by what it
 * spends unheard: for each further gateway a quarter of the burst, and what it can spend within one
 * interval, at most one burst. What is heard later is owed, so that it does not add up.
 *
 * While NATS is away nothing is told, and each gateway holds the limit by itself.
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

/** How often gateways tell. */
export const TELL_EVERY_MS = 250;
/** What an actor has spent is told of from this part of its burst on. */
export const TOLD_FROM = 1 / 4;
/** Actors in one message; the rest is told the next time. */
const TOLD_AT_ONCE = 1_000;

export interface ActorStats extends BoundedMapStats {
  /** Events told to other gateways, and heard from them. */
  told: number;
  heard: number;
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
  readonly stats: ActorStats = { forgotten: 0, told: 0, heard: 0, unreadable: 0 };
  readonly #options: ActorsOptions;
  readonly #quotas: BoundedMap<ActorQuota>;
  /** Those whose spending is to be told. */
  readonly #due = new Map<string, ActorQuota>();
  #subscription: BusSubscription | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ActorsOptions) {
    this.#options = options;
    const { limit, now } = options;
    this.#quotas = new BoundedMap(limit, (quota) => quota.isIdle(now()), this.stats);
  }

  /** Actors that are kept account of. */
  get size(): number {
    return this.#quotas.size;
  }

  start(): void {
    const { bus } = this.#options;
    this.#subscription = bus.subscribe(SPENDING_SUBJECTS, (payload, subject) => {
      this.#hear(payload, subject);
    });
    this.#timer = setInterval(() => this.#tell(), TELL_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#subscription?.unsubscribe();
  }

  /** What an actor's events are refused for; undefined if they may be published. Takes nothing. */
  refusal(actor: string, amount: PublishAmount): Refusal | undefined {
    return this.#quotaOf(actor).refusal(amount, this.#options.now());
  }

  take(actor: string, amount: PublishAmount): void {
    const quota = this.#quotaOf(actor);
    quota.take(amount, this.#options.now());
    quota.unsynced += amount.events;
    const { rates, limit } = this.#options;
    const isMuch = quota.unsynced > rates.publishes.burst * TOLD_FROM;
    // While NATS is away nothing leaves; who is not told of then is told of with its next event.
    if (isMuch && this.#due.size < limit) this.#due.set(actor, quota);
  }

  giveBack(actor: string, amount: PublishAmount): void {
    const quota = this.#quotas.get(actor);
    if (quota === undefined) return;
    quota.giveBack(amount);
    // What the other gateways have heard of stays owed there, and is little.
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

  #tell(): void {
    if (this.#due.size === 0) return;
    const spent: [string, number][] = [];
    const quotas: ActorQuota[] = [];
    for (const [actor, quota] of this.#due) {
      spent.push([actor, quota.unsynced]);
      quotas.push(quota);
      if (spent.length >= TOLD_AT_ONCE) break;
    }
    const { bus, gateway } = this.#options;
    // What can't be told now is told when NATS is back.
    if (!bus.publish(spendingSubject(gateway), encodeMsgpack({ spent }))) return;
    for (const [actor, count] of spent) {
      this.#due.delete(actor);
      this.stats.told += count;
    }
    for (const quota of quotas) quota.unsynced = 0;
  }

  #hear(payload: Uint8Array, subject: string): void {
    const teller = gatewayOfSpendingSubject(subject);
    const { gateway, rates, now } = this.#options;
    if (teller === gateway) return;
    const parsed = spendingSchema.safeParse(decodeTrustedMsgpack(payload));
    if (teller === undefined || !parsed.success) {
      this.stats.unreadable += 1;
      return;
    }
    for (const [actor, count] of parsed.data.spent) {
      this.stats.heard += count;
      this.#quotaOf(actor).publishes.charge(rates.publishes, count, now());
    }
  }
}

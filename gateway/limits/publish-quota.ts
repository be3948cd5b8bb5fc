/** What a publisher may still publish, over any wire. Refused events cost no quota. */
import type { OvationError } from "../../shared/protocol/errors.ts";
import type { PublishAmount } from "./actor-quota.ts";
import type { Actors } from "./actors.ts";
import type { ClientBuckets } from "./client-buckets.ts";
import type { Rate } from "./token-bucket.ts";

export interface PublishQuota {
  /**
   * Checks whether this amount may be published now. Charges nothing.
   * @param actor whose own limits apply too, if any
   * @throws OvationError rate_limited
   */
  check(actor: string | undefined, amount: PublishAmount): void;
  /** Charges what was checked. */
  take(actor: string | undefined, amount: PublishAmount): void;
  /** The events were refused after all. */
  giveBack(actor: string | undefined, amount: PublishAmount): void;
}

interface ClientQuotaOptions {
  readonly clients: ClientBuckets;
  readonly actors: Pick<Actors, "refusal" | "take" | "giveBack">;
  readonly refuse: (rate: Rate, waitMs: number) => OvationError;
}

/** The quota of a client over HTTP. */
export class ClientQuota implements PublishQuota {
  readonly #options: ClientQuotaOptions;
  readonly #client: string;

  /** @param client the actor, or else the address */
  constructor(options: ClientQuotaOptions, client: string) {
    this.#options = options;
    this.#client = client;
  }

  check(actor: string | undefined, amount: PublishAmount): void {
    const { clients, actors, refuse } = this.#options;
    const waitMs = clients.waitMs(this.#client, amount.events);
    if (waitMs > 0) throw refuse(clients.rate, waitMs);
    const refusal = actor === undefined ? undefined : actors.refusal(actor, amount);
    if (refusal !== undefined) throw refuse(refusal.rate, refusal.waitMs);
  }

  take(actor: string | undefined, amount: PublishAmount): void {
    const { clients, actors } = this.#options;
    clients.take(this.#client, amount.events);
    if (actor !== undefined) actors.take(actor, amount);
  }

  giveBack(actor: string | undefined, amount: PublishAmount): void {
    const { clients, actors } = this.#options;
    clients.giveBack(this.#client, amount.events);
    if (actor !== undefined) actors.giveBack(actor, amount);
  }
}

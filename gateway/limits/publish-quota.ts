/** What a publisher may still publish, over any wire. Refused events cost no quota. */
import type { OvationError } from "../../shared/protocol/errors.ts";
import type { ClientBuckets } from "./client-buckets.ts";
import type { ClientKey } from "./client-key.ts";
import type { PublishAmount } from "./publisher-quota.ts";
import type { Publishers } from "./publishers.ts";
import type { Rate } from "./token-bucket.ts";

export interface PublishQuota {
  /**
   * Checks whether this amount may be published now. Charges nothing.
   * @param limited whose limits over all gateways apply too; undefined for a trusted publisher
   * @throws OvationError rate_limited
   */
  check(limited: ClientKey | undefined, amount: PublishAmount): void;
  /** Charges what was checked. */
  take(limited: ClientKey | undefined, amount: PublishAmount): void;
  /** The events were refused after all. */
  giveBack(limited: ClientKey | undefined, amount: PublishAmount): void;
}

interface ClientQuotaOptions {
  readonly clients: ClientBuckets;
  readonly publishers: Pick<Publishers, "refusal" | "take" | "giveBack">;
  readonly refuse: (rate: Rate, waitMs: number) => OvationError;
}

/** The quota of a client over HTTP. */
export class ClientQuota implements PublishQuota {
  readonly #options: ClientQuotaOptions;
  readonly #client: ClientKey;

  constructor(options: ClientQuotaOptions, client: ClientKey) {
    this.#options = options;
    this.#client = client;
  }

  check(limited: ClientKey | undefined, amount: PublishAmount): void {
    const { clients, publishers, refuse } = this.#options;
    const waitMs = clients.waitMs(this.#client, amount.events);
    if (waitMs > 0) throw refuse(clients.rate, waitMs);
    const refusal = limited === undefined ? undefined : publishers.refusal(limited, amount);
    if (refusal !== undefined) throw refuse(refusal.rate, refusal.waitMs);
  }

  take(limited: ClientKey | undefined, amount: PublishAmount): void {
    const { clients, publishers } = this.#options;
    clients.take(this.#client, amount.events);
    if (limited !== undefined) publishers.take(limited, amount);
  }

  giveBack(limited: ClientKey | undefined, amount: PublishAmount): void {
    const { clients, publishers } = this.#options;
    clients.giveBack(this.#client, amount.events);
    if (limited !== undefined) publishers.giveBack(limited, amount);
  }
}

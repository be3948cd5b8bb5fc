/** The KV buckets, as dispatchers create them. */
import type { BucketSpec } from "../bus/bucket.ts";
import type { CommonConfig } from "../config/settings.ts";
import { FRONTENDS_BUCKET, SUBSCRIPTIONS_BUCKET, TICKETS_BUCKET } from "./subjects.ts";

/**
 * Rows, and delete markers of removed rows, expire after ten minutes: otherwise those of invented
 * videos would fill the memory of NATS. Gateways write their rows again within half of it.
 */
export const ROW_MAX_AGE_MS = 600_000;

export function subscriptionsBucket(config: CommonConfig): BucketSpec {
  return {
    name: SUBSCRIPTIONS_BUCKET,
    description: "Ovation: which gateway has viewers of which video, by <video>.<gateway>",
    replicas: config.tableReplicas,
    maxAgeMs: ROW_MAX_AGE_MS,
  };
}

export function frontendsBucket(config: CommonConfig): BucketSpec {
  // Longer than any dispatcher needs to detect a dead gateway and sweep its rows.
  return {
    name: FRONTENDS_BUCKET,
    description: "Ovation: the lease of each gateway, by its id",
    replicas: config.tableReplicas,
    maxAgeMs: 10 * config.leaseMs,
  };
}

/** At least as long as any ticket is valid; each says itself when it ends. */
const TICKET_MAX_AGE_MS = 60_000;
/** Of all tickets: far more than the gateways of a deployment issue to one client. */
const TICKETS_LIMIT_BYTES = 67_108_864;

export function ticketsBucket(replicas: number): BucketSpec {
  return {
    name: TICKETS_BUCKET,
    description: "Ovation: tickets for event streams that were not used yet",
    replicas,
    maxAgeMs: TICKET_MAX_AGE_MS,
    limitBytes: TICKETS_LIMIT_BYTES,
  };
}

/** The two KV buckets of the subscription table, as every role creates them. */
import type { BucketSpec } from "../bus/bucket.ts";
import type { CommonConfig } from "../config/settings.ts";
import { FRONTENDS_BUCKET, SUBSCRIPTIONS_BUCKET } from "./subjects.ts";

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

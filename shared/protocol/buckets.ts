/** The two KV buckets of the subscription table, as every role makes them. */
import type { BucketSpec } from "../bus/bucket.ts";
import type { CommonConfig } from "../config/settings.ts";
import { FRONTENDS_BUCKET, SUBSCRIPTIONS_BUCKET } from "./subjects.ts";

/**
 * Rows go by themselves after ten minutes, and markers of removed rows with them: those of videos
 * that somebody made up would fill the memory of NATS otherwise. Gateways write theirs
 * again within half of it.
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
  // Longer than any dispatcher needs to notice and sweep.
  return {
    name: FRONTENDS_BUCKET,
    description: "Ovation: the lease of each gateway, by its id",
    replicas: config.tableReplicas,
    maxAgeMs: 10 * config.leaseMs,
  };
}

/** The KV buckets, as dispatchers create them. */
import type { BucketSpec } from "../bus/bucket.ts";
import type { CommonConfig } from "../config/settings.ts";
import {
  BANS_BUCKET,
  ENDED_BUCKET,
  FRONTENDS_BUCKET,
  HOOKS_BUCKET,
  KINDS_BUCKET,
  SHADOW_BUCKET,
  STATE_BUCKET,
  SUBSCRIPTIONS_BUCKET,
  TICKETS_BUCKET,
  TIMELINE_BUCKET,
  TOTALS_BUCKET,
} from "./subjects.ts";

/** The table can be rebuilt, so it is kept in memory; its rows and leases are watched. */
const OF_TABLE = { storage: "memory", isFollowed: true } as const;
/** What is kept of a video is told by events, so nobody watches it. */
const OF_VIDEOS = { storage: "file", isFollowed: false } as const;

/**
 * Rows, and delete markers of removed rows, expire after ten minutes: otherwise those of invented
 * videos would fill the memory of NATS. Gateways write their rows again within half of it.
 */
export const ROW_MAX_AGE_MS = 600_000;

export function subscriptionsBucket(config: CommonConfig): BucketSpec {
  return {
    ...OF_TABLE,
    name: SUBSCRIPTIONS_BUCKET,
    description: "Ovation: which gateway has viewers of which video, by <video>.<gateway>",
    replicas: config.tableReplicas,
    maxAgeMs: ROW_MAX_AGE_MS,
  };
}

export function frontendsBucket(config: CommonConfig): BucketSpec {
  // Longer than any dispatcher needs to detect a dead gateway and sweep its rows.
  return {
    ...OF_TABLE,
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
    ...OF_TABLE,
    isFollowed: false,
    name: TICKETS_BUCKET,
    description: "Ovation: tickets for event streams that were not used yet",
    replicas,
    maxAgeMs: TICKET_MAX_AGE_MS,
    limitBytes: TICKETS_LIMIT_BYTES,
  };
}

/** Far more than one document takes. */
const KINDS_LIMIT_BYTES = 4_194_304;

export function kindsBucket(config: CommonConfig): BucketSpec {
  return {
    name: KINDS_BUCKET,
    description: "Ovation: the kinds of events that may be published",
    storage: "file",
    isFollowed: true,
    replicas: config.historyReplicas,
    maxAgeMs: 0,
    limitBytes: KINDS_LIMIT_BYTES,
  };
}

export function stateBucket(config: CommonConfig): BucketSpec {
  return {
    ...OF_VIDEOS,
    // By `ovation hooks`.
    isFollowed: true,
    name: STATE_BUCKET,
    description: "Ovation: the state of each video",
    replicas: config.historyReplicas,
    maxAgeMs: config.stateAgeMs,
    limitBytes: config.stateTotalBytes,
  };
}

/** About a hundred thousand videos. */
const ENDED_LIMIT_BYTES = 33_554_432;

export function endedBucket(config: CommonConfig): BucketSpec {
  return {
    name: ENDED_BUCKET,
    description: "Ovation: which videos have ended",
    storage: "file",
    isFollowed: true,
    replicas: config.historyReplicas,
    // As long as anything may be kept of them.
    maxAgeMs: Math.max(config.stateAgeMs, config.historyAgeMs),
    limitBytes: ENDED_LIMIT_BYTES,
  };
}

export function bansBucket(config: CommonConfig): BucketSpec {
  return {
    name: BANS_BUCKET,
    description: "Ovation: who is banned where, by <video or ~>.<hash of the actor>",
    storage: "file",
    isFollowed: true,
    replicas: config.historyReplicas,
    // Each says itself when it ends.
    maxAgeMs: 0,
    isLarge: true,
  };
}

/** About a thousand actors with as much as is kept of one. */
const SHADOW_LIMIT_BYTES = 67_108_864;

export function shadowBucket(config: CommonConfig): BucketSpec {
  return {
    ...OF_VIDEOS,
    name: SHADOW_BUCKET,
    description: "Ovation: what only its banned author sees, by <video>.<hash of the actor>",
    replicas: config.historyReplicas,
    maxAgeMs: config.historyAgeMs,
    limitBytes: SHADOW_LIMIT_BYTES,
  };
}

export function totalsBucket(config: CommonConfig): BucketSpec {
  return {
    ...OF_VIDEOS,
    name: TOTALS_BUCKET,
    description: "Ovation: how many events of each kind there were, by video",
    replicas: config.historyReplicas,
    maxAgeMs: config.stateAgeMs,
    limitBytes: config.stateTotalBytes,
  };
}

export function timelineBucket(config: CommonConfig): BucketSpec {
  return {
    ...OF_VIDEOS,
    name: TIMELINE_BUCKET,
    description: "Ovation: the same over time, by <video>.<hour>",
    replicas: config.historyReplicas,
    maxAgeMs: config.historyAgeMs,
    limitBytes: config.stateTotalBytes,
  };
}

/** A lease, and a few hundred bytes for each endpoint and source. */
const HOOKS_LIMIT_BYTES = 4_194_304;

export function hooksBucket(config: CommonConfig): BucketSpec {
  return {
    name: HOOKS_BUCKET,
    description: "Ovation: which instance of hooks works, and how far each endpoint and source is",
    storage: "file",
    // Whoever changes an endpoint by the command line wakes the one that delivers to it.
    isFollowed: true,
    replicas: config.historyReplicas,
    maxAgeMs: 0,
    limitBytes: HOOKS_LIMIT_BYTES,
  };
}

/** Every stream and bucket of a deployment, as its settings say. */

import type { StreamConfig } from "@nats-io/jetstream";
import type { CommonConfig } from "../config/settings.ts";
import {
  bansBucket,
  endedBucket,
  frontendsBucket,
  hooksBucket,
  kindsBucket,
  shadowBucket,
  stateBucket,
  subscriptionsBucket,
  ticketsBucket,
  timelineBucket,
  totalsBucket,
} from "../protocol/buckets.ts";
import { bucketConfig } from "./bucket.ts";
import { streamConfig } from "./history-stream.ts";
import { deadHooksConfig, hookEventsConfig } from "./hook-streams.ts";
import { moderationStreamConfig } from "./moderation-stream.ts";
import { votesStreamConfig } from "./votes-stream.ts";

export type StoreConfig = Partial<StreamConfig> & { readonly name: string };

/** The configuration with which each is created. Buckets are the streams `KV_<bucket>`. */
export function storeConfigs(config: CommonConfig): readonly StoreConfig[] {
  const buckets = [
    subscriptionsBucket(config),
    frontendsBucket(config),
    ticketsBucket(config.tableReplicas),
    kindsBucket(config),
    stateBucket(config),
    endedBucket(config),
    totalsBucket(config),
    timelineBucket(config),
    bansBucket(config),
    hooksBucket(config),
    shadowBucket(config),
  ];
  return [
    streamConfig(config),
    votesStreamConfig(config),
    hookEventsConfig(config),
    deadHooksConfig(config),
    moderationStreamConfig(config),
    ...buckets.map(bucketConfig),
  ];
}

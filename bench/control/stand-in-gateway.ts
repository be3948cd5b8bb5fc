/**
 * A stand-in for a gateway: it has a lease and rows in the table, so dispatchers send to it, but it
 * doesn't listen. A dispatcher does all of its work, and no gateway adds to the cost.
 */

import { Bucket } from "../../shared/bus/bucket.ts";
import { Bus } from "../../shared/bus/connection.ts";
import { loadConfig } from "../../shared/config/load.ts";
import { frontendsBucket, subscriptionsBucket } from "../../shared/protocol/buckets.ts";
import { newNodeId } from "../../shared/protocol/names.ts";
import { rowKey } from "../../shared/protocol/subjects.ts";
import { encodeLease, encodeRow, type GatewayDescription } from "../../shared/protocol/table.ts";
import { silentLog } from "../../shared/runtime/log.ts";
import { VERSION } from "../../shared/runtime/version.ts";

const DESCRIPTION: GatewayDescription = {
  version: VERSION,
  address: "stand-in",
  startedAt: new Date().toISOString(),
  webSockets: 0,
  eventStreams: 0,
  videos: 1,
  connectionsPerSecond: 1,
  isDraining: false,
  kinds: 0,
  settings: {},
};

export interface StandIn {
  stop(): Promise<void>;
}

export async function standInGateway(natsUrl: string, videos: readonly string[]): Promise<StandIn> {
  const loaded = loadConfig("dispatcher", [], {});
  if (loaded.outcome !== "config") throw new Error("the settings have no defaults");
  const { config } = loaded;
  const log = silentLog;
  const bus = await Bus.connect({
    servers: [natsUrl],
    inbox: "gateway",
    name: "ovation-bench",
    log,
  });
  const subscriptions = new Bucket(bus, subscriptionsBucket(config));
  const frontends = new Bucket(bus, frontendsBucket(config));
  const gateway = newNodeId();
  let renewals = 0;
  const renew = async () => {
    renewals += 1;
    await frontends.put(gateway, encodeLease({ ...DESCRIPTION, renewals }));
  };
  await renew();
  for (const video of videos)
    await subscriptions.put(rowKey(video, gateway), encodeRow({ viewers: 1 }));
  const timer = setInterval(() => void renew().catch(() => undefined), config.leaseRenewMs);
  return {
    stop: async () => {
      clearInterval(timer);
      await bus.stop();
    },
  };
}

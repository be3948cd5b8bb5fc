/**
 * Stand-ins for gateways: they have leases and rows in the table, so dispatchers send to them, but
 * they don't listen. A dispatcher does all of its work, and no gateway adds to the cost.
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

export function standInGateway(natsUrl: string, videos: readonly string[]): Promise<StandIn> {
  return standInGateways(natsUrl, videos, [newNodeId()]);
}

/** @param gateways ids of the gateways, each of which has a viewer of each video */
export async function standInGateways(
  natsUrl: string,
  videos: readonly string[],
  gateways: readonly string[],
): Promise<StandIn> {
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
  let renewals = 0;
  const renew = async () => {
    renewals += 1;
    const lease = encodeLease({ ...DESCRIPTION, renewals });
    await Promise.all(gateways.map((gateway) => frontends.put(gateway, lease)));
  };
  await renew();
  for (const video of videos) {
    const row = encodeRow({ viewers: 1 });
    await Promise.all(gateways.map((gateway) => subscriptions.put(rowKey(video, gateway), row)));
  }
  const timer = setInterval(() => void renew().catch(() => undefined), config.leaseRenewMs);
  return {
    stop: async () => {
      clearInterval(timer);
      await bus.stop();
    },
  };
}

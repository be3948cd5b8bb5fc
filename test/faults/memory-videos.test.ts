/**
 * A client watches a million made-up videos, each for a moment: what gateway, dispatcher and NATS
 * keep of them. docs/operations.md states the same ceilings.
 */
import { jetstreamManager, type StreamAPI } from "@nats-io/jetstream";
import type { NatsConnection } from "nats";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { FaultCluster } from "./cluster/fault-cluster.ts";
import { lanFault } from "./cluster/lan.ts";
import { bytesOf, MemoryWatch, MIB } from "./cluster/memory.ts";
import type { Node } from "./cluster/node.ts";
import { RoamingViewers } from "./cluster/roaming-viewers.ts";
import { logFigures } from "./cluster/viewer-swarm.ts";

const VIDEOS = 1_000_000;
const AT_A_TIME = 50_000;
const VIDEOS_LIMIT = 2_000;
const CONNECTIONS = 32;
const WATCHED_BY_EACH = 16;
/** In MiB, over the baseline. */
const CEILING = { "gateway-1": 160, "dispatcher-1": 128, "nats-1": 256 } as const;
/**
 * In MiB, the growth of a role per 100,000 videos of the second half: about what a map of them would
 * take. The memory of NATS varies in large steps, so only its ceiling and its final state are checked.
 */
const SLOPE = 20;
/** Rows are removed after a while, and their tombstones a minute later. */
const CLEANED_UP_MS = 180_000;

let cluster: FaultCluster;
let roles: readonly Node[];
let admin: NatsConnection;
let streams: StreamAPI;

function* madeUp(from: number, count: number): Generator<string> {
  for (let number = from; number < from + count; number += 1) yield `made-up-${number}`;
}

/** What NATS keeps of the subscription table. */
async function table(): Promise<{ readonly messages: number; readonly bytes: number }> {
  return (await streams.info("KV_ov_subscriptions")).state;
}

/** Watches and leaves {@link AT_A_TIME} videos, and logs the effect. */
async function watchAndLeave(roamingViewers: RoamingViewers, memory: MemoryWatch, from: number) {
  const startedAt = performance.now();
  await roamingViewers.roam(madeUp(from, AT_A_TIME), WATCHED_BY_EACH);
  const perSecond = Math.round((1_000 * AT_A_TIME) / (performance.now() - startedAt));
  const resident = roles.map(({ pid }) => Math.round(bytesOf(pid, "VmRSS") / MIB));
  const { messages, bytes } = await table();
  logFigures(
    `${from + AT_A_TIME} videos, ${perSecond} a second; resident ${resident.join(", ")} MiB; ` +
      `peak over the baseline ${Object.values(memory.growth()).join(", ")} MiB; ` +
      `the table has ${messages} entries in ${Math.round(bytes / MIB)} MiB`,
  );
}

describe.skipIf(lanFault() !== undefined)("made-up videos", () => {
  beforeAll(async () => {
    cluster = await FaultCluster.start({
      nats: 1,
      gateways: 1,
      dispatchers: 1,
      gatewayFlags: [
        ...["--videos-limit", String(VIDEOS_LIMIT), "--new-videos-per-second", "1000000"],
        ...["--requests-per-second", "1000000", "--client-messages-per-second", "1000000"],
      ],
      dispatcherFlags: ["--reconcile-interval-ms", "30000"],
    });
    roles = [cluster.node("gateway-1"), cluster.node("dispatcher-1"), cluster.node("nats-1")];
    admin = await cluster.admin();
    streams = (await jetstreamManager(admin)).streams;
  });
  afterAll(async () => {
    await admin?.close();
    await cluster?.end();
  });

  test("a million of them, watched and left, leave nothing behind", async () => {
    const gateway = cluster.node("gateway-1");
    const dispatcher = cluster.node("dispatcher-1");
    const roamingViewers = await RoamingViewers.open(cluster.urls[0] ?? "", CONNECTIONS);
    // Memory that an ordinary load takes does not count as growth.
    await roamingViewers.roam(madeUp(VIDEOS, 10_000), WATCHED_BY_EACH);
    roamingViewers.answers.clear();
    const memory = new MemoryWatch(roles);
    const peaks: Readonly<Record<string, number>>[] = [];
    for (let watched = 0; watched < VIDEOS; watched += AT_A_TIME) {
      await watchAndLeave(roamingViewers, memory, watched);
      peaks.push(memory.growth());
      const held = await gateway.metric("ovation_gateway_videos");
      expect(held).toBeLessThanOrEqual(VIDEOS_LIMIT);
      expect(await dispatcher.metric("ovation_dispatcher_table_readable")).toBe(1);
    }
    roamingViewers.close();
    // Each was admitted, and left.
    expect([...roamingViewers.answers]).toEqual([["result", 2 * VIDEOS]]);

    const half = peaks[Math.floor(peaks.length / 2) - 1];
    for (const [name, ceiling] of Object.entries(CEILING)) {
      const peak = memory.growth()[name] ?? 0;
      expect(peak, name).toBeLessThan(ceiling);
      const slope = (peak - (half?.[name] ?? 0)) / (VIDEOS / 2 / 100_000);
      logFigures(`${name}: ${slope.toFixed(1)} MiB per 100,000 of the second half`);
      if (name !== "nats-1") expect(slope, name).toBeLessThan(SLOPE);
    }
    await eventually(async () => (await table()).messages <= 1, CLEANED_UP_MS);
    expect(await gateway.metric("ovation_gateway_videos")).toBe(0);
    expect(await gateway.metric("ovation_gateway_row_markers_left_total")).toBe(0);
    await cluster.healthyTable();
  }, 2_400_000);
});

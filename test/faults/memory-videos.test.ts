/**
 * A million videos that somebody makes up and watches, each for a moment: what gateway, dispatcher
 * and NATS keep of them. docs/operations.md states the same ceilings.
 */
import { jetstreamManager, type StreamAPI } from "@nats-io/jetstream";
import type { NatsConnection } from "nats";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { lanFault } from "./world/lan.ts";
import { bytesOf, MemoryWatch, MIB } from "./world/memory.ts";
import type { Node } from "./world/node.ts";
import { Wanderers } from "./world/roaming-viewers.ts";
import { tell } from "./world/viewer-swarm.ts";
import { FaultCluster } from "./world/world.ts";

const VIDEOS = 1_000_000;
const AT_A_TIME = 50_000;
const VIDEOS_LIMIT = 2_000;
const CONNECTIONS = 32;
const WATCHED_BY_EACH = 16;
/** In MiB, over what each took before. */
const CEILING = { "gateway-1": 160, "dispatcher-1": 128, "nats-1": 256 } as const;
/**
 * In MiB, of a role for each 100,000 videos of the second half: about what a map of them would take.
 * Memory of NATS comes and goes in large steps; it is held to its ceiling, and to what is left.
 */
const SLOPE = 20;
/** Rows go after a while, and their markers a minute later. */
const FORGOTTEN_MS = 180_000;

let world: FaultCluster;
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

/** Watches and leaves so many videos, and tells what that did. */
async function watchAndLeave(wanderers: Wanderers, memory: MemoryWatch, from: number) {
  const begun = performance.now();
  await wanderers.wander(madeUp(from, AT_A_TIME), WATCHED_BY_EACH);
  const perSecond = Math.round((1_000 * AT_A_TIME) / (performance.now() - begun));
  const resident = roles.map(({ pid }) => Math.round(bytesOf(pid, "VmRSS") / MIB));
  const { messages, bytes } = await table();
  tell(
    `${from + AT_A_TIME} videos, ${perSecond} a second; resident ${resident.join(", ")} MiB; ` +
      `peak over the baseline ${Object.values(memory.growth()).join(", ")} MiB; ` +
      `the table has ${messages} entries in ${Math.round(bytes / MIB)} MiB`,
  );
}

describe.skipIf(lanFault() !== undefined)("videos that somebody makes up", () => {
  beforeAll(async () => {
    world = await FaultCluster.start({
      nats: 1,
      gateways: 1,
      dispatchers: 1,
      gatewayFlags: [
        ...["--videos-limit", String(VIDEOS_LIMIT), "--new-videos-per-second", "1000000"],
        ...["--requests-per-second", "1000000"],
      ],
      dispatcherFlags: ["--reconcile-interval-ms", "30000"],
    });
    roles = [world.node("gateway-1"), world.node("dispatcher-1"), world.node("nats-1")];
    admin = await world.admin();
    streams = (await jetstreamManager(admin)).streams;
  });
  afterAll(async () => {
    await admin?.close();
    await world?.end();
  });

  test("a million of them, watched and left: nothing remembers them", async () => {
    const gateway = world.node("gateway-1");
    const dispatcher = world.node("dispatcher-1");
    const wanderers = await Wanderers.open(world.urls[0] ?? "", CONNECTIONS);
    // What an ordinary load takes is no growth.
    await wanderers.wander(madeUp(VIDEOS, 10_000), WATCHED_BY_EACH);
    wanderers.answers.clear();
    const memory = new MemoryWatch(roles);
    const peaks: Readonly<Record<string, number>>[] = [];
    for (let watched = 0; watched < VIDEOS; watched += AT_A_TIME) {
      await watchAndLeave(wanderers, memory, watched);
      peaks.push(memory.growth());
      const held = await gateway.metric("ovation_gateway_videos");
      expect(held).toBeLessThanOrEqual(VIDEOS_LIMIT);
      expect(await dispatcher.metric("ovation_dispatcher_table_readable")).toBe(1);
    }
    wanderers.close();
    // Each was let in, and left.
    expect([...wanderers.answers]).toEqual([["result", 2 * VIDEOS]]);

    const half = peaks[Math.floor(peaks.length / 2) - 1];
    for (const [name, ceiling] of Object.entries(CEILING)) {
      const peak = memory.growth()[name] ?? 0;
      expect(peak, name).toBeLessThan(ceiling);
      const slope = (peak - (half?.[name] ?? 0)) / (VIDEOS / 2 / 100_000);
      tell(`${name}: ${slope.toFixed(1)} MiB for each 100,000 of the second half`);
      if (name !== "nats-1") expect(slope, name).toBeLessThan(SLOPE);
    }
    await eventually(async () => (await table()).messages <= 1, FORGOTTEN_MS);
    expect(await gateway.metric("ovation_gateway_videos")).toBe(0);
    expect(await gateway.metric("ovation_gateway_row_markers_left_total")).toBe(0);
    await world.healthyTable();
  }, 2_400_000);
});

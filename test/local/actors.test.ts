/** How many different actors watch a video, over all gateways. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { Bucket } from "../../shared/bus/bucket.ts";
import { Bus } from "../../shared/bus/connection.ts";
import { configFor } from "../../shared/config/load.ts";
import { CountingSketch, placeOf } from "../../shared/lib/hyperloglog.ts";
import { frontendsBucket, subscriptionsBucket } from "../../shared/protocol/buckets.ts";
import { newNodeId } from "../../shared/protocol/names.ts";
import { rowKey } from "../../shared/protocol/subjects.ts";
import { encodeRow } from "../../shared/protocol/table.ts";
import { silentLog } from "../../shared/runtime/log.ts";
import { natsUrlAs } from "../support/nats-users.ts";
import { TestStack } from "../support/stack.ts";
import { SECRET, tokenOf, VIEWER } from "../support/tokens.ts";
import { TestEventStream, TestSocket } from "../support/viewer.ts";

const SETTINGS = { countActors: true, countIntervalMs: 100 };

let stack: TestStack;
beforeAll(async () => {
  stack = await TestStack.start({
    gateways: 3,
    gateway: { ...SETTINGS, open: false, authSecret: SECRET, lingerMs: 0 },
    dispatcher: SETTINGS,
  });
});
afterAll(async () => await stack.stop());

const as = async (actor: string | undefined) =>
  await tokenOf({ ...VIEWER, sub: actor, scope: "observe" });

async function join(gateway: number, video: string, actor?: string, hidden = false) {
  const { port } = stack.gatewayAt(gateway);
  const socket = await TestSocket.connect(port, "json", await as(actor));
  expect(await socket.ask("subscribe", { video, hidden })).toMatchObject({ op: "result" });
  return socket;
}

async function lobbyOf(video: string) {
  const query = "?kinds=viewers";
  const { port } = stack.gateway;
  const stream = await TestEventStream.open(port, video, { query, token: await as("lobby") });
  const data = () => stream.of(video, "viewers").at(-1)?.data as Record<string, number> | undefined;
  const until = async (viewers: number, actors: number) =>
    await stream.until(() => data()?.["viewers"] === viewers && data()?.["actors"] === actors);
  return { stream, data, until };
}

test("several connections of one actor count once, at whatever gateways; those without one don't", async () => {
  const lobby = await lobbyOf("launch");
  await lobby.until(0, 0);
  const anna = [await join(0, "launch", "anna"), await join(0, "launch", "anna")];
  anna.push(await join(1, "launch", "anna"));
  await lobby.until(3, 1);
  const ben = await join(2, "launch", "ben");
  const nobody = await join(2, "launch");
  const hidden = await join(2, "launch", "carla", true);
  await lobby.until(5, 2);
  await anna[1]?.close();
  await lobby.until(4, 2);
  // The number of viewers stays the same.
  await ben.ask("unsubscribe", { video: "launch" });
  const again = await join(2, "launch", "anna");
  await lobby.until(4, 1);
  for (const socket of [...anna, nobody, hidden, again, ben]) await socket.close();
  await lobby.until(0, 0);
  lobby.stream.close();
});

test("100,000 actors at three gateways are estimated within 5 %, and 120,000 viewers are exact", async () => {
  const gateways = [0, 1, 2].map(() => newNodeId());
  const config = configFor("gateway", { open: true });
  const bus = await Bus.connect({
    servers: [natsUrlAs("gateway", stack.nats.url)],
    inbox: "gateway",
    name: "rows",
    log: silentLog,
  });
  const rows = new Bucket(bus, subscriptionsBucket(config));
  const leases = new Bucket(bus, frontendsBucket(config));
  const lobby = await lobbyOf("final");
  await lobby.until(0, 0);
  for (const [index, gateway] of gateways.entries()) {
    const sketch = new CountingSketch();
    // A quarter of each gateway's viewers are also at the next one.
    for (let n = 0; n < 40_000; n += 1) sketch.add(placeOf(`actor-${index * 30_000 + n}`));
    await leases.put(gateway, Buffer.from("{}"));
    const value = encodeRow({ viewers: 40_000, actors: sketch.encode() });
    expect(value.length).toBeLessThan(4_200);
    await rows.put(rowKey("final", gateway), value);
  }
  const counted = await join(1, "final", "one-more");
  await lobby.stream.until(() => lobby.data()?.["viewers"] === 120_001);
  expect(Math.abs((lobby.data()?.["actors"] ?? 0) / 100_000 - 1)).toBeLessThan(0.05);
  await counted.close();
  for (const gateway of gateways) await rows.remove(rowKey("final", gateway));
  for (const gateway of gateways) await leases.remove(gateway);
  await bus.stop();
  lobby.stream.close();
});

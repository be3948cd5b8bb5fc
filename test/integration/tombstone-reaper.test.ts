/** Removed keys: watchers are notified, and after a while nothing is left of them. */
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "nats";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Bucket, type BucketSpec } from "../../shared/bus/bucket.ts";
import type { WatchedEntry } from "../../shared/bus/bucket-watch.ts";
import { Bus } from "../../shared/bus/connection.ts";
import { TombstoneReaper } from "../../shared/bus/tombstone-reaper.ts";
import { SUBSCRIPTIONS_BUCKET } from "../../shared/protocol/subjects.ts";
import { silentLog } from "../../shared/runtime/log.ts";
import { eventually } from "../support/eventually.ts";
import { startTestNats, type TestNats } from "../support/nats.ts";
import { connectTo, natsUrlAs } from "../support/nats-users.ts";
import { metric, TestStack } from "../support/stack.ts";
import { TestSocket } from "../support/viewer.ts";

const VALUE = Buffer.from("1");

let nats: TestNats;
let bus: Bus;
let bucket: Bucket;
let watching: { readonly bus: Bus; readonly bucket: Bucket };
let admin: NatsConnection;
let manager: JetStreamManager;
let nowMs = 0;

beforeAll(async () => {
  nats = await startTestNats();
  watching = await connected("dispatcher");
  await watching.bucket.ensure();
  // With a gateway's permissions, and no more.
  ({ bus, bucket } = await connected("gateway"));
  admin = await connectTo(nats.url);
  manager = await jetstreamManager(admin);
});
afterAll(async () => {
  await admin?.close();
  await bus?.stop();
  await watching?.bus.stop();
  await nats?.stop();
});

async function connected(user: "gateway" | "dispatcher") {
  const servers = [natsUrlAs(user, nats.url)];
  const connection = await Bus.connect({ servers, inbox: user, name: "removals", log: silentLog });
  const spec: BucketSpec = {
    name: SUBSCRIPTIONS_BUCKET,
    description: "",
    storage: "memory",
    isFollowed: true,
    replicas: 1,
    maxAgeMs: 600_000,
  };
  return { bus: connection, bucket: new Bucket(connection, spec) };
}

/** Messages that the server keeps for the bucket: entries and tombstones. */
async function kept(): Promise<number> {
  return (await manager.streams.info(`KV_${SUBSCRIPTIONS_BUCKET}`)).state.messages;
}

test("watchers see a removal, and its tombstone goes after a minute; existing keys stay", async () => {
  const tombstones = new TombstoneReaper({ bus, bucket, now: () => nowMs, log: silentLog });
  tombstones.start();
  const watch = await watching.bucket.watch();
  const seen: WatchedEntry[] = [];
  const ended = (async () => {
    for await (const entry of watch.changes) seen.push(entry);
  })();
  await bucket.put("stays.gateway", VALUE);
  for (let count = 0; count < 200; count += 1) {
    await bucket.put(`made-up-${count}.gateway`, VALUE);
    await tombstones.remove(`made-up-${count}.gateway`);
  }
  await eventually(() => seen.filter(({ value }) => value === undefined).length === 200);
  expect(await kept()).toBe(201);
  expect(tombstones.waiting).toBe(200);
  // This key exists again: its tombstone is gone and nothing of it may be erased.
  await bucket.put("made-up-0.gateway", VALUE);
  nowMs += 61_000;
  // The newest tombstone stays, for whoever is reading the bucket now.
  await eventually(() => tombstones.stats.erased === 198);
  expect(await kept()).toBe(3);
  expect(tombstones).toMatchObject({ waiting: 1, stats: { erased: 198, left: 0 } });
  const keys = (await bucket.read())?.map(({ key }) => key);
  expect(keys?.toSorted()).toEqual(["made-up-0.gateway", "stays.gateway"]);
  watch.stop();
  await ended;
  tombstones.stop();
});

test("a gateway erases nothing in a recreated table", async () => {
  const stack = await TestStack.start({ gateway: { lingerMs: 0 } });
  const waiting = () => metric(stack.gateway, "ovation_gateway_row_markers");
  const viewer = await TestSocket.connect(stack.gateway.port, "json");
  await viewer.ask("subscribe", { video: "passing" });
  await viewer.ask("unsubscribe", { video: "passing" });
  await eventually(async () => (await waiting()) === 1);
  await stack.deleteStream(`KV_${SUBSCRIPTIONS_BUCKET}`);
  await eventually(async () => (await waiting()) === 0);
  expect(await metric(stack.gateway, "ovation_gateway_row_markers_left_total")).toBe(1);
  expect(await metric(stack.gateway, "ovation_gateway_row_markers_erased_total")).toBe(0);
  await viewer.close();
  await stack.stop();
});

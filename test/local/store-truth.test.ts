/** What a dispatcher tells of its stores is true within ten seconds, though nobody publishes. */
import { DiscardPolicy, jetstreamManager, type StreamConfig } from "@nats-io/jetstream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readMetrics } from "../../kit/metrics-page.ts";
import { storeConfigs } from "../../shared/bus/store-configs.ts";
import { configFor } from "../../shared/config/load.ts";
import { HISTORY_STREAM } from "../../shared/protocol/subjects.ts";
import { eventually } from "../support/eventually.ts";
import { connectTo } from "../support/nats-users.ts";
import { metric, TestStack } from "../support/stack.ts";
import { post } from "../support/viewer.ts";

let stack: TestStack;
beforeAll(async () => {
  stack = await TestStack.start({ nats: { keepStore: true } });
});
afterAll(async () => await stack?.stop());

async function edit(changes: Partial<StreamConfig>): Promise<void> {
  const connection = await connectTo(stack.nats.url);
  await (await jetstreamManager(connection)).streams.update(HISTORY_STREAM, changes);
  await connection.close();
}

const gauge = (name: string) => metric(dispatcher(), `ovation_dispatcher_${name}`);

function dispatcher() {
  const [first] = stack.dispatchers;
  if (first === undefined) throw new Error("there is no dispatcher");
  return first;
}

async function comment(id: string): Promise<void> {
  const { body } = await post(stack.gateway.port, "v", { kind: "comment", id });
  expect(body).toMatchObject({ accepted: [id] });
}

async function isWritable(value: number): Promise<void> {
  await eventually(async () => (await gauge("history_writable")) === value);
}

test("a history that refuses to store is not writable, and is again once it stores", async () => {
  await isWritable(1);
  await comment("first");
  await edit({ discard: DiscardPolicy.New, max_msgs: 1, max_bytes: 1_000_000 });
  await isWritable(0);
  await edit({ discard: DiscardPolicy.Old, max_msgs: -1 });
  await isWritable(1);
  await comment("second");
  expect(await gauge('store_limit_bytes{store="ov_history"}')).toBe(1_000_000);
  for (const { name } of storeConfigs(configFor("dispatcher"))) {
    const store = name.replace("KV_", "");
    expect([store, await gauge(`store_readable{store="${store}"}`)]).toEqual([store, 1]);
  }
  expect(await gauge('store_drops_oldest{store="ov_moderation"}')).toBe(1);
  expect(await gauge('store_drops_oldest{store="ov_votes"}')).toBe(0);
  expect(await gauge('store_age_limit_seconds{store="ov_history"}')).toBe(86_400);
  const oldest = await gauge('store_oldest_seconds{store="ov_history"}');
  expect(oldest).toBeGreaterThan(0);
  expect(oldest).toBeLessThan(600);
  expect(await gauge("store_replicas_missing")).toBe(0);
});

test("without NATS, nothing is writable or readable, and no size is told", async () => {
  await stack.nats.kill9();
  await isWritable(0);
  await eventually(async () => (await gauge("store_readable")) === 0);
  const page = await readMetrics(`http://127.0.0.1:${dispatcher().opsPort}/metrics`);
  expect(page.has("ovation_dispatcher_store_bytes")).toBe(false);
  await stack.nats.restart();
  await isWritable(1);
  await eventually(async () => (await gauge('store_readable{store="ov_history"}')) === 1);
});

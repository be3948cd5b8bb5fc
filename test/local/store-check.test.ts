/** No role starts on an existing bucket or stream that would make a promise false. */
import { DiscardPolicy, jetstreamManager, type StreamConfig } from "@nats-io/jetstream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Dispatcher } from "../../dispatcher/dispatcher.ts";
import { configFor } from "../../shared/config/load.ts";
import { newNodeId } from "../../shared/protocol/names.ts";
import { silentLog } from "../../shared/runtime/log.ts";
import { connectTo, natsUrlAs } from "../support/nats-users.ts";
import { TestStack } from "../support/stack.ts";

let stack: TestStack;
beforeAll(async () => {
  stack = await TestStack.start();
});
afterAll(async () => await stack?.stop());

/** Returns how it was before. */
async function edit(name: string, changes: Partial<StreamConfig>): Promise<StreamConfig> {
  const connection = await connectTo(stack.nats.url);
  const { streams } = await jetstreamManager(connection);
  const { config } = await streams.info(name);
  await streams.update(name, changes);
  await connection.close();
  return config;
}

test.each([
  ["KV_ov_frontends", "max_age", 1_000_000_000],
  ["KV_ov_subscriptions", "max_age", 60_000_000_000],
  ["KV_ov_kinds", "max_age", 60_000_000_000],
  ["KV_ov_bans", "allow_direct", false],
  ["KV_ov_state", "discard", DiscardPolicy.Old],
  ["ov_votes", "max_age", 60_000_000_000],
] as const)("of %s, %s drifted to %j: refused with a named error", async (stream, setting, is) => {
  // A server accepts no age below its duplicate window.
  const window = setting === "max_age" ? { duplicate_window: is } : {};
  const before = await edit(stream, { [setting]: is, ...window });
  const refused = new RegExp(
    `^nats-server ${stack.nats.version} has .* stream ${stream}: ${setting} is ${JSON.stringify(is)}, and must be .*ovation store apply`,
  );
  await expect(stack.addGateway()).rejects.toThrow(refused);
  const natsUrl = [natsUrlAs("dispatcher", stack.nats.url)];
  const config = configFor("dispatcher", { natsUrl, opsPort: 0 });
  const dispatcher = new Dispatcher(newNodeId(), config, silentLog);
  await expect(dispatcher.start()).rejects.toThrow(refused);
  await dispatcher.stop();
  await edit(stream, before);
});

test("one that keeps more than required is accepted, by the next gateway too", async () => {
  await edit("ov_history", { max_age: 0, max_msgs_per_subject: 20_000 });
  await stack.addGateway();
  await stack.ready();
});

/** No role starts on an existing bucket or stream whose settings are wrong. */
import { jetstreamManager, type StreamConfig } from "@nats-io/jetstream";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Dispatcher } from "../../dispatcher/dispatcher.ts";
import { configFor } from "../../shared/config/load.ts";
import { newNodeId } from "../../shared/protocol/names.ts";
import { silentLog } from "../../shared/runtime/log.ts";
import { connectTo, natsUrlAs } from "../support/nats-users.ts";
import { TestStack } from "../support/stack.ts";

let stack: TestStack;
beforeEach(async () => {
  stack = await TestStack.start();
});
afterEach(async () => await stack?.stop());

async function edit(name: string, changes: Partial<StreamConfig>): Promise<void> {
  const connection = await connectTo(stack.nats.url);
  await (await jetstreamManager(connection)).streams.update(name, changes);
  await connection.close();
}

test.each([
  ["KV_ov_frontends", "max_age", 1_000_000_000],
  ["KV_ov_subscriptions", "max_age", 60_000_000_000],
  ["ov_history", "max_age", 60_000_000_000],
  ["ov_history", "max_bytes", 2_000_000],
  ["ov_history", "max_msgs_per_subject", 5],
  ["ov_history", "allow_direct", false],
] as const)("of %s, %s drifted to %j: refused with a named error", async (stream, setting, is) => {
  // A server accepts no age below its duplicate window.
  const window = setting === "max_age" ? { duplicate_window: is } : {};
  await edit(stream, { [setting]: is, ...window });
  const refused = new RegExp(
    `^nats-server ${stack.nats.version} has .* stream ${stream}: ${setting} is ${is}, and must be `,
  );
  await expect(stack.addGateway()).rejects.toThrow(refused);
  const natsUrl = [natsUrlAs("dispatcher", stack.nats.url)];
  const config = configFor("dispatcher", { natsUrl, opsPort: 0 });
  const dispatcher = new Dispatcher(newNodeId(), config, silentLog);
  await expect(dispatcher.start()).rejects.toThrow(refused);
  await dispatcher.stop();
});

test("one that keeps more than required is accepted, by the next gateway too", async () => {
  await edit("ov_history", { max_age: 0, max_msgs_per_subject: 20_000 });
  await stack.addGateway();
  await stack.ready();
});

/** `ovation store`: the stores become as the settings say while everything runs, and nothing is lost unasked. */
import { jetstreamManager } from "@nats-io/jetstream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ovationAs, type Ran } from "../support/cli.ts";
import { eventually } from "../support/eventually.ts";
import { startTestNats } from "../support/nats.ts";
import { connectTo } from "../support/nats-users.ts";
import { metric, TestStack } from "../support/stack.ts";
import { post } from "../support/viewer.ts";

const COMMENTS = 12;
let stack: TestStack;

beforeAll(async () => {
  stack = await TestStack.start();
});
afterAll(async () => {
  await stack?.stop();
});

async function store(url: string, ...words: string[]): Promise<Ran> {
  return await ovationAs("admin", url, "store", ...words);
}

async function kept(): Promise<number> {
  const connection = await connectTo(stack.nats.url);
  const { state } = await (await jetstreamManager(connection)).streams.info("ov_history");
  await connection.close();
  return state.messages;
}

async function health(node: { readonly opsPort: number }): Promise<Record<string, unknown>> {
  const answer = await fetch(`http://127.0.0.1:${node.opsPort}/readyz`);
  return { code: answer.status, ...((await answer.json()) as object) };
}

test("what would lose comments is refused with what it would lose, and done when told", async () => {
  for (let count = 0; count < COMMENTS; count += 1) {
    const { status } = await post(stack.gateway.port, "kept", { kind: "comment", data: { count } });
    expect(status).toBe(200);
  }
  expect(await store(stack.nats.url, "plan")).toMatchObject({
    code: 0,
    stdout: "The stores are as the settings say.\n",
  });

  const fewer = ["--history-events", "5"];
  const refused = await store(stack.nats.url, "apply", ...fewer);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("change ov_history: max_msgs_per_subject 1000 → 5\n");
  expect(refused.stderr).toContain(`    loses ${COMMENTS - 5} messages of 1 subjects\n`);
  expect(refused.stderr).toContain("--allow-loss");
  expect(await kept()).toBe(COMMENTS);

  const told = await store(stack.nats.url, "apply", ...fewer, "--allow-loss");
  expect(told).toMatchObject({ code: 0, stderr: "" });
  expect(await kept()).toBe(5);
});

test("roles start on a store that keeps less, say so with the command, and are ready when it has run", async () => {
  // As when a setting is raised: new processes start before the store is changed.
  const gateway = await stack.addGateway();
  const dispatcher = await stack.addDispatcher();
  for (const node of [gateway, dispatcher]) {
    expect(await health(node)).toMatchObject({
      code: 200,
      status: "degraded",
      checks: {
        stores:
          "ov_history: max_msgs_per_subject is 5, and must be 1000; `ovation store apply` changes that",
      },
    });
    expect(await metric(node, "ovation_store_shortfalls")).toBe(1);
  }
  expect(await store(stack.nats.url, "apply")).toMatchObject({ code: 0, stderr: "" });
  for (const node of [gateway, dispatcher]) {
    await eventually(async () => (await health(node))["status"] === "ready");
  }
  expect(await kept()).toBe(5);
});

test("whoever was away longer than the store really keeps events is told that it missed some", async () => {
  const first = await post(stack.gateway.port, "short", { kind: "comment", data: { text: "one" } });
  await post(stack.gateway.port, "short", { kind: "comment", data: { text: "two" } });
  const connection = await connectTo(stack.nats.url);
  const { streams } = await jetstreamManager(connection);
  const second = 1_000_000_000;
  await streams.update("ov_history", { max_age: second, duplicate_window: second });
  await connection.close();
  await eventually(async () => (await kept()) === 0);
  // The gateway is configured with a day.
  const gateway = await stack.addGateway();
  const [after] = first.body["seqs"] as number[];
  const page = await fetch(
    `http://127.0.0.1:${gateway.port}/v1/videos/short/history?after=${after}`,
  );
  expect(await page.json()).toMatchObject({ events: [], recovered: false });
});

test("an empty nats-server gets all stores; more copies than there are servers are refused by name", async () => {
  const nats = await startTestNats();
  const applied = await store(nats.url, "apply");
  expect(applied).toMatchObject({ code: 0, stderr: "" });
  expect(applied.stdout).toContain("done: create KV_ov_subscriptions\n");
  expect(await store(nats.url, "plan", "--json")).toMatchObject({
    code: 0,
    stdout: '{"steps":[]}\n',
  });
  const copies = await store(nats.url, "apply", "--history-replicas", "3");
  expect(copies.code).toBe(1);
  expect(copies.stderr).toBe(
    "ov_history: this nats-server is not part of a cluster, and can't keep 3 copies. Nothing was changed\n",
  );
  await nats.stop();
});

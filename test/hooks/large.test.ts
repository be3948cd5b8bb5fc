/** Events that are too large for a message of NATS: they hold up nothing, and what is left out is said. */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { dead } from "../../cli/hooks/dead.ts";
import { HooksStores } from "../../cli/hooks/stores.ts";
import { ACCESS_CONFIG } from "../../kit/nats/access.ts";
import { Bus } from "../../shared/bus/connection.ts";
import { configFor } from "../../shared/config/load.ts";
import { silentLog } from "../../shared/runtime/log.ts";
import { eventually } from "../support/eventually.ts";
import { ACCEPT, answerWith, HookReceiver } from "../support/hook-receiver.ts";
import { TestHooks } from "../support/hooks.ts";
import { natsUrlAs } from "../support/nats-users.ts";
import { metric, TestStack } from "../support/stack.ts";
import { post } from "../support/viewer.ts";

const LARGE = { dataLimitBytes: 262_144 };

let folder: string;
let stack: TestStack;
let hooks: TestHooks;
let receiver: HookReceiver;
let tests = 0;
/** Each test has its own. */
let endpoint = "";
let video = "";

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "ovation-large-"));
  const config = join(folder, "nats.conf");
  writeFileSync(config, `include "${relative(folder, ACCESS_CONFIG)}"\nmax_payload: 64KB\n`);
  stack = await TestStack.start({ nats: { config }, gateway: LARGE, dispatcher: LARGE });
  hooks = new TestHooks(stack.nats.url);
});

beforeEach(async () => {
  tests += 1;
  endpoint = `endpoint-${tests}`;
  video = `video-${tests}`;
  receiver = new HookReceiver();
  await receiver.start();
});

afterEach(async () => {
  await hooks.stopInstances();
  await receiver.stop();
  expect(receiver.faults).toEqual([]);
});

afterAll(async () => {
  await hooks?.stop();
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const settings = () =>
  hooks.endpoints({
    name: endpoint,
    url: receiver.url,
    secret: receiver.secret,
    events: ["comment.stored"],
  });

async function publish(id: string, data: unknown): Promise<void> {
  const { status, body } = await post(stack.gateway.port, video, { kind: "comment", id, data });
  expect(status, JSON.stringify(body)).toBe(200);
}

/** Nine bytes each as msgpack, some 23 as JSON, and 11 of that when it is compressed. */
function numbers(count: number): number[] {
  const bytes = randomBytes(8 * count);
  return Array.from({ length: count }, (_, index) => {
    // Without the highest bit of the exponent, it is less than 2.
    bytes.writeUInt8(bytes.readUInt8(8 * index) & 0xbf, 8 * index);
    return bytes.readDoubleBE(8 * index);
  });
}

const stored = () => receiver.of("comment.stored").map(({ data }) => data);
const ids = () => stored().map(({ id }) => id);

test("an event that is six times as large in JSON is told whole", async () => {
  await hooks.active(settings());
  const data = { text: "\u0001".repeat(40_000) };
  await publish("controls", data);
  await publish("next", {});
  await eventually(() => ids().includes("next"));
  expect(stored()).toMatchObject([{ id: "controls", data }, { id: "next" }]);
});

test("an event that is too large is told without its data, and those after it are told", async () => {
  const instance = await hooks.active(settings());
  const cut = () => metric(instance, "ovation_hooks_cut_events_total");
  await publish("numbers", { numbers: numbers(6_000) });
  await publish("after", {});
  await eventually(() => ids().includes("after"));
  expect(stored()).toMatchObject([{ id: "numbers" }, { id: "after", data: {} }]);
  expect(stored()[0]).not.toHaveProperty("data");
  expect(await cut()).toBe(1);
});

/** Publishes while no instance runs, so that it all waits when one begins, which gives it up. */
async function givenUp(events: Readonly<Record<string, unknown>>) {
  await hooks.active(settings());
  await hooks.stopInstances();
  for (const [id, data] of Object.entries(events)) await publish(id, data);
  receiver.answer = answerWith(500);
  const instance = await hooks.active({ ...settings(), hooksRetryForMs: 0 });
  await publish("last", {});
  await eventually(() => receiver.received.some(({ body }) => body.includes('"last"')));
  receiver.answer = ACCEPT;
  await publish("next", {});
  await eventually(() => ids().includes("next"));
  return instance;
}

async function deadCommand(act: "list" | "requeue"): Promise<string> {
  const servers = [natsUrlAs("hooks", stack.nats.url)];
  const bus = await Bus.connect({ servers, inbox: "hooks", name: "commands", log: silentLog });
  try {
    const stores = new HooksStores(bus, configFor("hooks", { natsUrl: servers }));
    return await dead(stores, { name: "dead", act, endpoint, isJson: false });
  } finally {
    await bus.stop();
  }
}

test("a webhook that is given up and is too large is kept in parts, which can be delivered", async () => {
  const events = Object.fromEntries(
    Array.from({ length: 4 }, (_, index) => [`part-${index}`, { numbers: numbers(2_500) }]),
  );
  const instance = await givenUp(events);
  const letters = (await deadCommand("list")).trim().split("\n");
  // Two of them go into one letter, and hardly three.
  expect(letters.length).toBeGreaterThan(1);
  expect(await metric(instance, "ovation_hooks_dead_total")).toBe(letters.length);
  expect(letters.some((letter) => /^msg_\S+\.1, /.test(letter))).toBe(true);
  await deadCommand("requeue");
  await eventually(() => Object.keys(events).every((id) => ids().includes(id)));
  for (const { id, data } of stored()) if (id in events) expect(data).toEqual(events[id]);
  const webhooks = new Map(receiver.accepted.map(({ id, body }) => [id, body]));
  for (const { id, body } of receiver.accepted) expect(body).toBe(webhooks.get(id));
});

test("a webhook of one event that is given up and is too large is kept without its data, and says so", async () => {
  const instance = await givenUp({ alone: { numbers: numbers(5_400) } });
  expect(await deadCommand("list")).toMatch(/^msg_\S+, .*without its data: it is too large/m);
  expect(await metric(instance, "ovation_hooks_cut_events_total")).toBe(1);
  await deadCommand("requeue");
  await eventually(() => ids().includes("alone"));
  expect(stored().find(({ id }) => id === "alone")).not.toHaveProperty("data");
});

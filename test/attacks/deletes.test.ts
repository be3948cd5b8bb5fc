/** Deleting ids that nobody used costs the store little, and has a rate of its own. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../../kit/nats/free-port.ts";
import { names, stored } from "../support/guarantee-stack.ts";
import { NatsMonitor } from "../support/nats-monitor.ts";
import { TestStack } from "../support/stack.ts";
import { post } from "../support/viewer.ts";

/** Each in a message of its own. */
const COMMENTS = 300;
const DELETES = 100;
/** What NATS may send to a client for one of them: a request, its answer, and a look at the store. */
const MESSAGES_EACH = 12;
const OTHER_MESSAGES = 1_000;
const DELETES_PER_SECOND = 40;

let stack: TestStack;
let monitor: NatsMonitor;
beforeAll(async () => {
  const monitorPort = await freePort();
  monitor = new NatsMonitor(monitorPort);
  stack = await TestStack.start({
    gateways: 2,
    nats: { monitorPort },
    gateway: { deletesPerSecond: DELETES_PER_SECOND },
  });
  for (const id of names("c", COMMENTS)) await post(stack.gateway.port, "full", comment(id));
});
afterAll(() => stack?.stop());

const comment = (id: string) => ({ kind: "comment", id });

async function remove(id: string, at = 0): Promise<number> {
  const { port } = stack.gatewayAt(at);
  const url = `http://127.0.0.1:${port}/v1/videos/full/events/${id}`;
  return (await fetch(url, { method: "DELETE" })).status;
}

async function messagesOf(work: () => Promise<unknown>): Promise<number> {
  const before = await monitor.moved();
  await work();
  return (await monitor.moved()).out - before.out;
}

const unknown = () => Promise.all(names("nobody", DELETES).map((id) => remove(id)));

test("a hundred in parallel read no history, and a dispatcher that knows nothing reads it once", async () => {
  const most = DELETES * MESSAGES_EACH + OTHER_MESSAGES;
  const statuses: number[] = [];
  const take = async () => statuses.push(...(await unknown()));
  expect(await messagesOf(take)).toBeLessThan(most);
  const [old] = stack.dispatchers.splice(0);
  await stack.addDispatcher();
  await old?.stop();
  expect(await messagesOf(take)).toBeLessThan(most + 2 * COMMENTS);
  expect(statuses).toEqual(Array(2 * DELETES).fill(404));
});

test("beyond their rate they are refused, and publishes are not", async () => {
  const more = Array.from({ length: 4 }, unknown);
  const statuses = (await Promise.all(more)).flat();
  expect(statuses).toContain(429);
  expect(new Set(statuses)).toEqual(new Set([404, 429]));
  expect((await post(stack.gateway.port, "full", comment("after"))).status).toBe(200);
  // At another gateway too, and the comments are all still there.
  expect(await remove("after", 1)).toBe(200);
  expect(await stored(stack.gateway, "full")).toEqual(names("c", COMMENTS));
});

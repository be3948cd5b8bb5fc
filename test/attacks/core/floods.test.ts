/** One client has one budget of messages, however many connections it opens. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { metric } from "../../support/stack.ts";
import { TestSocket } from "../../support/viewer.ts";
import { startTarget, type Target } from "../support/target.ts";

const CONNECTIONS = 20;
const MESSAGES = 600;
/** The defaults: an actor's messages per second, of which five seconds' worth may come at once. */
const PER_SECOND = 200;
const AT_ONCE = 5 * PER_SECOND;

let target: Target;
beforeAll(async () => {
  target = await startTarget("tokens");
});
afterAll(async () => await target?.stop());

async function connected(sub: string): Promise<TestSocket> {
  return await TestSocket.connect(target.port, "json", await target.token({ sub }));
}

test("600 subscribes on each of 20 connections: an actor gets its share, and others at its address are served", async () => {
  const sockets = await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => await connected("mallory")),
  );
  const other = await connected("anna");
  const since = performance.now();
  for (const { socket } of sockets) {
    for (let id = 2; id < MESSAGES + 2; id += 1) {
      socket.send(JSON.stringify({ id, op: "subscribe", video: "one" }));
    }
  }
  expect(await other.ask("subscribe", { video: "launch" })).toMatchObject({ op: "result" });
  for (const socket of sockets) {
    expect(await socket.untilClosed()).toMatchObject({ code: 4429 });
  }
  const answers = sockets.flatMap(({ messages }) => messages.filter(({ id }) => id !== 0));
  const refused = answers.filter(({ code }) => code === "rate_limited");
  const most = AT_ONCE + ((performance.now() - since) / 1_000) * PER_SECOND;
  expect(answers.length - refused.length).toBeLessThanOrEqual(most + CONNECTIONS);
  const ofClient = refused.filter(({ limit }) => limit === PER_SECOND);
  expect(ofClient.length).toBeGreaterThan(0);
  for (const { retryAfterMs } of ofClient) expect(retryAfterMs).toBeGreaterThan(0);
  expect(
    await metric(target.gateway, 'ovation_gateway_rate_limited_total{limit="client_messages"}'),
  ).toBeGreaterThanOrEqual(ofClient.length);
  // It has its share again after a while.
  const again = await connected("mallory");
  await expect
    .poll(async () => (await again.ask("subscribe", { video: "one" })).op, { timeout: 20_000 })
    .toBe("result");
});

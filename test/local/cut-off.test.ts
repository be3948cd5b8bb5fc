/** How a gateway that can't reach NATS notifies its viewers, and whom it accepts meanwhile. */
import { afterEach, expect, test } from "vitest";
import { attemptConnect } from "../support/connect-attempt.ts";
import { eventually } from "../support/eventually.ts";
import { ask } from "../support/raw.ts";
import { metric, TestStack } from "../support/stack.ts";
import { TestEventStream, TestSocket } from "../support/viewer.ts";

let stack: TestStack | undefined;
afterEach(async () => {
  await stack?.stop();
  stack = undefined;
});

async function stackWith(gateway: { cutOffNoticeMs: number; cutOffByeMs: number }) {
  stack = await TestStack.start({ gateway });
  const socket = await TestSocket.connect(stack.gateway.port);
  await socket.ask("subscribe", { video: "launch" });
  const stream = await TestEventStream.open(stack.gateway.port, "launch");
  await stream.until(() => stream.messages.find(({ op }) => op === "result"));
  return { nats: stack.nats, gateway: stack.gateway, socket, stream };
}

test("viewers are notified that nothing new arrives, and when that is over; new ones are refused at once", async () => {
  const { nats, gateway, socket, stream } = await stackWith({
    cutOffNoticeMs: 300,
    cutOffByeMs: 600_000,
  });
  await nats.kill9();
  for (const viewer of [socket, stream]) {
    const stale = await viewer.until(() => viewer.messages.find(({ op }) => op === "stale"));
    expect(stale["forMs"]).toBeGreaterThanOrEqual(290);
  }
  const attempt = await attemptConnect(gateway.port);
  expect(attempt.status).toBe(503);
  expect(attempt.headers["retry-after"]).toBeDefined();
  expect((await ask(gateway.port, { path: "/v1/ping" })).status).toBe(503);
  // A page that asks why it gets no WebSocket gets the same error.
  expect(await ask(gateway.port, { path: "/v1/connect" })).toMatchObject({
    status: 503,
    error: { code: "unavailable" },
  });
  const refused = await TestEventStream.open(gateway.port, "launch");
  await refused.until(() => refused.isEnded);
  expect(refused.messages).toMatchObject([
    { op: "error", id: 0, code: "unavailable", retryAfterMs: refused.retryMs },
  ]);
  await nats.restart();
  for (const viewer of [socket, stream]) {
    await viewer.until(() => viewer.messages.find(({ op }) => op === "live"));
  }
  expect(socket.closed).toBeUndefined();
  expect(stream.isEnded).toBe(false);
  expect((await ask(gateway.port, { path: "/v1/ping" })).status).toBe(200);
});

test("viewers are sent to another gateway in the end", async () => {
  const { nats, gateway, socket, stream } = await stackWith({
    cutOffNoticeMs: 100,
    cutOffByeMs: 200,
  });
  await nats.kill9();
  const bye = await socket.until(() => socket.messages.find(({ op }) => op === "bye"));
  expect(bye["reconnectAfterMs"]).toBeLessThanOrEqual(2_000);
  expect(await socket.untilClosed()).toEqual({ code: 4503, reason: "cut_off" });
  await stream.until(() => stream.isEnded);
  expect(stream.messages.at(-1)).toEqual({ op: "bye", reconnectAfterMs: stream.retryMs });
  expect(await metric(gateway, "ovation_gateway_cut_off_dismissed_total")).toBe(2);
});

test("viewers refused during an outage don't use up the accept rate of those after it", async () => {
  stack = await TestStack.start({ gateway: { connectionsPerSecond: 1 } });
  const { nats, gateway } = stack;
  await nats.kill9();
  await eventually(async () => (await ask(gateway.port, { path: "/v1/ping" })).status === 503);
  for (let count = 0; count < 3; count += 1) {
    expect((await attemptConnect(gateway.port)).status).toBe(503);
    const stream = await TestEventStream.open(gateway.port, "launch");
    expect(stream.messages).toMatchObject([{ code: "unavailable" }]);
  }
  expect(await metric(gateway, "ovation_gateway_arrivals_postponed_total")).toBe(0);
});

/** A gateway at its limit of viewers notifies new ones, and connected ones are not affected. */
import { afterEach, expect, test } from "vitest";
import { attemptConnect } from "../../support/connect-attempt.ts";
import { eventually } from "../../support/eventually.ts";
import { ask, postBytes, RawSocket } from "../../support/raw.ts";
import { metric, TestStack } from "../../support/stack.ts";
import { TestEventStream, TestSocket, watch } from "../../support/viewer.ts";

let stack: TestStack | undefined;
afterEach(async () => {
  await stack?.stop();
  stack = undefined;
});

/** Keeps this process's event loop, and so its gateways', busy; returns a function to stop. */
function blockEventLoop(): () => void {
  let isOn = true;
  const burn = () => {
    const until = performance.now() + 60;
    while (performance.now() < until);
    if (isOn) setTimeout(burn, 0);
  };
  burn();
  return () => {
    isOn = false;
  };
}

test("at the limit of viewers, new ones are told when to reconnect, and the others are not affected", async () => {
  stack = await TestStack.start({ gateway: { connectionsLimit: 2, lingerMs: 0 } });
  const { gateway } = stack;
  const viewers = [
    await watch("msgpack", gateway.port, "full"),
    await watch("sse", gateway.port, "full"),
  ];
  expect(await metric(gateway, "ovation_gateway_overload_level")).toBe(1);

  // A browser hides why a handshake was refused, so the notice is sent in a WebSocket.
  for (const encoding of ["msgpack", "json"] as const) {
    const newViewer = await TestSocket.open(gateway.port, encoding);
    expect(await newViewer.untilClosed()).toEqual({ code: 1013, reason: "full" });
    expect(newViewer.messages).toEqual([{ op: "bye", reconnectAfterMs: expect.any(Number) }]);
    expect(newViewer.messages[0]?.["reconnectAfterMs"]).toBeGreaterThanOrEqual(1_000);
    expect(newViewer.messages[0]?.["reconnectAfterMs"]).toBeLessThanOrEqual(5_000);
  }
  expect(await metric(gateway, 'ovation_gateway_overload_refused_total{what="viewer"}')).toBe(2);
  expect(await metric(gateway, 'ovation_gateway_refused_total{code="overloaded"}')).toBe(2);
  expect(await metric(gateway, "ovation_gateway_websockets")).toBe(1);

  // These can't pile up: a flood of them is refused at the handshake.
  const flood = await Promise.all(
    Array.from({ length: 1_000 }, () => attemptConnect(gateway.port)),
  );
  const refusals = flood.filter(({ status }) => status !== 101);
  expect(refusals.length).toBeGreaterThan(0);
  for (const { status, headers } of refusals) {
    expect(status).toBe(503);
    expect(Number(headers["retry-after"])).toBeGreaterThanOrEqual(1);
  }

  expect(await metric(gateway, "ovation_gateway_arrivals_postponed_total")).toBe(0);

  // An EventSource gives up for good on any status but 200.
  const refused = await TestEventStream.open(gateway.port, "full");
  await refused.until(() => refused.isEnded);
  expect(refused.response.statusCode).toBe(200);
  expect(refused.retryMs).toBeGreaterThanOrEqual(1_000);
  expect(refused.retryMs).toBeLessThanOrEqual(5_000);
  expect(refused.messages).toMatchObject([
    { op: "error", id: 0, code: "overloaded", limit: 2, retryAfterMs: refused.retryMs },
  ]);

  // These add no viewers.
  expect((await ask(gateway.port, { path: "/v1/ping" })).status).toBe(200);
  expect((await postBytes(gateway.port, "full", '{"kind":"like"}')).status).toBe(200);
  for (const viewer of viewers) await viewer.until(() => viewer.total("full", "like") === 1);

  await viewers[0]?.close();
  await eventually(async () => (await metric(gateway, "ovation_gateway_websockets")) === 0);
  const next = await TestSocket.connect(gateway.port);
  await Promise.all([next.close(), viewers[1]?.close()]);
});

test("event streams have their own limit, and WebSockets are accepted beyond it", async () => {
  stack = await TestStack.start({ gateway: { eventStreamsLimit: 1, lingerMs: 0 } });
  const { port } = stack.gateway;
  const stream = await watch("sse", port, "streamed");
  const refused = await TestEventStream.open(port, "streamed");
  await refused.until(() => refused.isEnded);
  expect(refused.response.statusCode).toBe(200);
  expect(refused.messages).toMatchObject([{ code: "connections_exceeded", limit: 1 }]);
  const socket = await watch("msgpack", port, "streamed");
  expect((await postBytes(port, "streamed", '{"kind":"like"}')).status).toBe(200);
  for (const viewer of [stream, socket])
    await viewer.until(() => viewer.total("streamed", "like") === 1);
  await Promise.all([stream.close(), socket.close()]);
});

test("an address has its own limit, over WebSocket and Server-Sent Events together", async () => {
  const gateway = { connectionsPerAddress: 2, trustedProxies: ["127.0.0.1"], lingerMs: 0 };
  stack = await TestStack.start({ gateway });
  const { port } = stack.gateway;
  const from = (address: string) => ({ "x-forwarded-for": `203.0.113.1, ${address}` });
  const socket = await TestSocket.connect(port);
  const stream = await TestEventStream.open(port, "near");
  expect((await attemptConnect(port)).status).toBe(429);
  // The proxy's own address is at its limit; addresses behind it are not.
  expect((await attemptConnect(port, from("198.51.100.1"))).status).toBe(101);
  expect(await metric(stack.gateway, "ovation_gateway_client_addresses")).toBe(1);
  const refused = await TestEventStream.open(port, "near");
  await refused.until(() => refused.isEnded);
  expect(refused.messages).toMatchObject([{ code: "connections_exceeded", limit: 2 }]);
  stream.close();
  await eventually(async () => (await attemptConnect(port)).status === 101);
  await socket.close();
});

test("behind a proxy, a client can't pretend to be many by adding lines to the header", async () => {
  stack = await TestStack.start({
    gateway: { connectionsPerAddress: 2, trustedProxies: ["127.0.0.0/8"] },
  });
  const sockets: RawSocket[] = [];
  for (const expected of ['"op":"result"', '"op":"result"', "connections_exceeded"]) {
    const socket = await RawSocket.open(stack.gateway.port);
    sockets.push(socket);
    socket.write(
      "GET /v1/videos/near/events HTTP/1.1\r\nHost: localhost\r\n" +
        `X-Forwarded-For: 203.0.113.${sockets.length}\r\nX-Forwarded-For: 198.51.100.1\r\n\r\n`,
    );
    await socket.untilReceived(expected);
  }
  for (const socket of sockets) socket.destroy();
});

test("a gateway whose event loop is late refuses new viewers, answers connected ones, and recovers", async () => {
  stack = await TestStack.start({ gateway: { overloadDelayMs: 20 } });
  const { gateway } = stack;
  const viewer = await TestSocket.connect(gateway.port);
  const unblock = blockEventLoop();
  try {
    await eventually(async () => (await attemptConnect(gateway.port)).status === 503);
    const answer = await postBytes(gateway.port, "late", '{"kind":"like"}');
    expect(answer.status).toBe(503);
    expect(answer.error).toMatchObject({ code: "overloaded" });
    expect(answer.headers["retry-after"]).toBeDefined();
    const refused = await TestEventStream.open(gateway.port, "late");
    expect(refused.messages).toMatchObject([{ code: "overloaded" }]);
    expect(refused.response.statusCode).toBe(200);
    expect(await viewer.ask("ping")).toMatchObject({ op: "result" });
    expect((await ask(gateway.port, { path: "/v1/ping" })).status).toBe(200);
    expect(await metric(gateway, "ovation_gateway_overload_level")).toBeGreaterThanOrEqual(1);
  } finally {
    unblock();
  }
  await eventually(async () => (await attemptConnect(gateway.port)).status === 101);
  await viewer.close();
});

test("a gateway that runs out of memory refuses new viewers and events, and keeps its viewers", async () => {
  stack = await TestStack.start();
  const gateway = await stack.addGateway({ memoryLimitBytes: 1_048_576 });
  const viewer = await watch("msgpack", stack.gateway.port, "tight");
  await eventually(async () => (await metric(gateway, "ovation_gateway_overload_step")) === 4);
  expect((await attemptConnect(gateway.port)).status).toBe(503);
  const comment = await postBytes(gateway.port, "tight", '{"kind":"comment"}');
  expect(comment.error).toMatchObject({ code: "overloaded" });
  const ready = await fetch(`http://127.0.0.1:${gateway.opsPort}/readyz`);
  expect(ready.status).toBe(200);
  expect(await ready.json()).toMatchObject({
    status: "degraded",
    checks: { load: "overloaded; no new viewers are accepted" },
  });
  // The other gateway has its own limit, and keeps working.
  expect((await postBytes(stack.gateway.port, "tight", '{"kind":"comment"}')).status).toBe(200);
  await viewer.until(() => viewer.of("tight", "comment").length === 1);
  await viewer.close();
});

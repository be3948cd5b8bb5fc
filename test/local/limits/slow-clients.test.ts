/** Slow clients: they are disconnected, and nobody waits for them. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { RawSocket } from "../../support/raw.ts";
import { metric, TestStack } from "../../support/stack.ts";
import { TestSocket } from "../../support/viewer.ts";

let stack: TestStack;
let port: number;
beforeAll(async () => {
  stack = await TestStack.start({ gateway: { bodyTimeoutMs: 500 } });
  port = stack.gateway.port;
});
afterAll(async () => await stack?.stop());

test("a thousand silent clients, and one that sends a header per second, are disconnected; a viewer connects meanwhile", async () => {
  const silent = await Promise.all(Array.from({ length: 1_000 }, () => RawSocket.open(port)));
  const slow = await RawSocket.open(port);
  slow.write("GET /v1/connect HTTP/1.1\r\nHost: localhost\r\n");
  const trickle = setInterval(() => slow.write("X-Line: 1\r\n"), 1_000);
  try {
    const viewer = await TestSocket.connect(port);
    expect(silent.some(({ isClosed }) => isClosed)).toBe(false);
    await Promise.all([...silent, slow].map((socket) => socket.untilClosed()));
    expect(await viewer.ask("ping")).toMatchObject({ op: "result" });
    await viewer.close();
  } finally {
    clearInterval(trickle);
  }
});

test("a body that arrives too slowly is answered with 408, and the connection is closed", async () => {
  const refused = await metric(stack.gateway, "ovation_gateway_refused_total");
  const socket = await RawSocket.open(port);
  socket.write(
    "POST /v1/videos/launch/events HTTP/1.1\r\nHost: localhost\r\n" +
      "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n",
  );
  const trickle = setInterval(() => socket.write("["), 50);
  try {
    const answer = await socket.response();
    expect(answer.status).toBe(408);
    expect(answer.error).toMatchObject({ code: "body_timeout", limit: 500 });
    await socket.untilClosed();
  } finally {
    clearInterval(trickle);
  }
  expect(await metric(stack.gateway, "ovation_gateway_refused_total")).toBe(refused + 1);
});

test("headers over the limit of 32 KiB end the connection with a status", async () => {
  const socket = await RawSocket.open(port);
  socket.write(`GET /v1/ping HTTP/1.1\r\nHost: localhost\r\nX-Long: ${"x".repeat(40_000)}\r\n\r\n`);
  const answer = await socket.response();
  expect(answer.status).toBe(431);
  await socket.untilClosed();
});

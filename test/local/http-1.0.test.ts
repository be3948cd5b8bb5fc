/** HTTP/1.0, which old health checks use: where it is answered, and where it isn't. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { RawSocket } from "../support/raw.ts";
import { TestStack } from "../support/stack.ts";

let stack: TestStack;
beforeAll(async () => {
  stack = await TestStack.start();
  await stack.ready();
});
afterAll(async () => await stack?.stop());

async function statusLine(port: number, request: string): Promise<string> {
  const socket = await RawSocket.open(port);
  socket.write(request);
  await socket.untilReceived("\r\n");
  const line = await socket.take((bytes) => {
    const end = bytes.indexOf("\r\n");
    return { value: bytes.toString("latin1", 0, end), used: end + 2 };
  });
  // In HTTP/1.0, this ends a body without a length.
  await socket.untilClosed();
  return line ?? "";
}

/** As sent by HAProxy's plain `option httpchk` and nginx's plain `proxy_pass`. */
const CHECKS = [
  ["OPTIONS", "OPTIONS / HTTP/1.0\r\n\r\n", 405],
  ["GET", "GET /readyz HTTP/1.0\r\n\r\n", 200],
  ["GET of nginx", "GET /readyz HTTP/1.0\r\nHost: gateways\r\nConnection: close\r\n\r\n", 200],
  ["HEAD", "HEAD /healthz HTTP/1.0\r\nHost: gateways\r\n\r\n", 200],
] as const;

test.each(CHECKS)("a check by %s is answered on the health port", async (_, request, status) => {
  for (const { opsPort } of [stack.gateway, ...stack.dispatchers]) {
    expect(await statusLine(opsPort, request)).toContain(` ${status} `);
  }
});

test.each(CHECKS)("a check by %s gets 505 on the viewers' port", async (_, request) => {
  expect(await statusLine(stack.gateway.port, request)).toContain(" 505 ");
});

/** One address can't use up the pace of arrivals, the event streams or the room for bodies of others. */
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { RawSocket } from "../support/raw.ts";
import { metric, TestStack } from "../support/stack.ts";
import { TestEventStream, TestSocket } from "../support/viewer.ts";

const LIMIT = 400;
const SHARE = 100;
const MEBIBYTE = 1_048_576;
const ATTACKER = { "x-forwarded-for": "198.51.100.7" };
const OTHER = { "x-forwarded-for": "192.0.2.1" };

let stack: TestStack;
let port: number;
const cleanUps: (() => void)[] = [];
beforeAll(async () => {
  stack = await TestStack.start({
    gateway: {
      clientSharePercent: 25,
      connectionsPerSecond: LIMIT,
      eventStreamsLimit: LIMIT,
      bodiesLimitBytes: 4 * MEBIBYTE,
      trustedProxies: ["127.0.0.0/8"],
    },
  });
  port = stack.gateway.port;
});
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
});
afterAll(async () => await stack?.stop());

async function opens(headers: Readonly<Record<string, string>>): Promise<boolean> {
  const socket = await TestSocket.open(port, "json", headers).catch(() => undefined);
  cleanUps.push(() => socket?.socket.terminate());
  return socket !== undefined;
}

test("one that connects as fast as it can leaves others their pace", async () => {
  const began = performance.now();
  const opened = await Promise.all(Array.from({ length: 2 * LIMIT }, () => opens(ATTACKER)));
  const seconds = (performance.now() - began) / 1_000;
  expect(opened.filter((isOpen) => isOpen).length).toBeLessThanOrEqual(SHARE * (1 + seconds));
  expect(await opens(OTHER)).toBe(true);
});

test("one that opens event streams leaves others room for theirs", async () => {
  const open = async (headers: Readonly<Record<string, string>>) => {
    const stream = await TestEventStream.open(port, "launch", { headers });
    cleanUps.push(() => stream.close());
    await stream.until(() => stream.messages.length > 0);
    return stream.messages[0]?.op;
  };
  let admitted = 0;
  for (let n = 0; n < 2 * SHARE; n += 1) if ((await open(ATTACKER)) === "result") admitted += 1;
  expect(admitted).toBeGreaterThan(0);
  expect(admitted).toBeLessThanOrEqual(SHARE);
  expect(await open(OTHER)).toBe("result");
});

test("one whose bodies never end leaves others room for theirs", async () => {
  const head = (from: string, length: number) =>
    `POST /v1/videos/launch/events HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: ${from}\r\n` +
    `Content-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;
  const part = "x".repeat(MEBIBYTE - 1_000);
  for (let n = 0; n < 8; n += 1) {
    const socket = await RawSocket.open(port);
    cleanUps.push(() => socket.destroy());
    socket.write(head("198.51.100.7", MEBIBYTE) + part);
  }
  // Of four one gets room, and seven are refused.
  const refused = () => metric(stack.gateway, "ovation_gateway_bodies_refused_total");
  await expect.poll(refused, { timeout: 30_000 }).toBe(7);
  const body = JSON.stringify({ kind: "like", data: "x".repeat(1_000) });
  const socket = await RawSocket.open(port);
  socket.write(head("192.0.2.1", body.length) + body);
  expect((await socket.response()).status).toBe(200);
  socket.destroy();
});

/**
 * Connections that end at any moment while the gateway serves them: it never uses a closed one, and
 * its counts balance. An uncaught exception fails the run.
 */

import { afterAll, beforeAll, expect, test } from "vitest";
import { OPCODE } from "../../kit/websocket/frames.ts";
import { eventually } from "../support/eventually.ts";
import { Chance } from "../support/random.ts";
import { RawSocket } from "../support/raw.ts";
import { metric, TestStack } from "../support/stack.ts";
import { type TestEventStream, type TestSocket, watch } from "../support/viewer.ts";
import { close, frame, handshake } from "../support/websocket-wire.ts";

const ITERATIONS = Number(process.env["OVATION_TEST_FUZZ_ROUNDS"] ?? 10_000);
const AT_ONCE = 50;
const VIDEO = "ok-race";

let stack: TestStack;
let viewers: (TestSocket | TestEventStream)[];

beforeAll(async () => {
  stack = await TestStack.start({ gateway: { lingerMs: 0 } });
  const { port } = stack.gateway;
  viewers = [await watch("msgpack", port, VIDEO), await watch("sse", port, VIDEO)];
});
afterAll(async () => {
  await Promise.all(viewers?.map((viewer) => viewer.close()) ?? []);
  await stack?.stop();
});

function textFrame(message: object): Buffer {
  return frame({ opcode: OPCODE.text, payload: JSON.stringify(message) });
}

const REQUESTS = [
  { op: "connect" },
  { op: "subscribe", video: VIDEO },
  { op: "publish", video: VIDEO, kind: "like" },
  { op: "unsubscribe", video: VIDEO },
  { op: "publish", video: VIDEO, kind: "like" },
  { op: "subscribe", video: VIDEO, last: 5 },
  { op: "ping" },
].map((request, index) => textFrame({ id: index + 1, ...request }));

/** Connects, sends this many requests, and leaves in one of these ways after a few turns. */
async function visit(port: number, requests: number, way: string, afterTurns: number) {
  const socket = await RawSocket.open(port);
  socket.write(handshake());
  // Data in the same read as the handshake is ignored: RFC 6455 section 4.1 has clients wait.
  if (way !== "at once") await socket.response();
  socket.write(Buffer.concat(REQUESTS.slice(0, requests)));
  for (let turn = 0; turn < afterTurns; turn += 1) await new Promise(setImmediate);
  if (way === "close") socket.write(close(1000));
  if (way === "reset" || way === "at once") socket.destroy();
  else socket.finish();
  await socket.untilClosed();
}

test("connections that end amid requests and answers leave nothing behind and harm nothing else", {
  timeout: 120_000,
}, async () => {
  const chance = new Chance("close races");
  const { gateway } = stack;
  for (let done = 0; done < ITERATIONS; done += AT_ONCE) {
    const visits = Array.from({ length: AT_ONCE }, () =>
      visit(
        gateway.port,
        chance.between(0, REQUESTS.length),
        chance.of(["close", "end", "reset", "at once"]),
        chance.between(0, 5),
      ),
    );
    await Promise.all(visits);
  }
  const value = async (name: string) => await metric(gateway, `ovation_gateway_${name}`);
  await eventually(async () => (await value("websockets")) === 1);
  const opened = await value("connections_opened_total");
  expect(opened).toBeGreaterThan(ITERATIONS / 2);
  expect(await value("connections_closed_total")).toBe(opened - viewers.length);
  await stack.mirrored(VIDEO, viewers.length);
  expect(await value('refused_total{code="internal"}')).toBe(0);
  // Both viewers stayed all the time, and received the same.
  const [one, other] = viewers.map((viewer) => () => viewer.total(VIDEO, "like"));
  await eventually(() => one?.() === other?.() && (one?.() ?? 0) > 0);
});

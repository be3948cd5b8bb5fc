/** A quiet connection carries data before a proxy with a timeout of 10 s would close it. */

import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { ask } from "../support/raw.ts";
import { useTestStack } from "../support/use-test-stack.ts";
import { TestEventStream, TestSocket } from "../support/viewer.ts";

/** Gateway and test share one event loop: what delays one timer delays the other. */
const PROXY_TIMEOUT_MS = 10_000;

const stack = useTestStack();

async function isWithinTimeout(something: Promise<unknown>): Promise<boolean> {
  return await Promise.race([something.then(() => true), wait(PROXY_TIMEOUT_MS, false)]);
}

test.concurrent("a quiet viewer receives data within 10 s, over each wire, without any setting", async () => {
  const { port } = stack().gateway;
  const stream = await TestEventStream.open(port, "quiet");
  const sockets = await Promise.all([
    TestSocket.connect(port, "json"),
    TestSocket.connect(port, "msgpack"),
    TestSocket.open(port, "json"),
  ]);
  const received = [
    stream.until(() => stream.comments.length > 0),
    ...sockets.map(async ({ socket }) => await once(socket, "ping")),
  ];
  expect(await Promise.all(received.map(isWithinTimeout))).toEqual([true, true, true, true]);
  stream.close();
  for (const { socket } of sockets) socket.terminate();
  expect(await ask(port, { path: "/v1/ping" })).toMatchObject({ status: 200 });
});

test.concurrent("a quiet event stream stays open: the listener doesn't consider it idle", async () => {
  const { port } = await stack().addGateway({ sseKeepaliveMs: 1_000 });
  const stream = await TestEventStream.open(port, "open");
  // The listener closes idle connections after 10 to 12 s.
  await stream.until(() => stream.comments.length >= 13 || stream.isEnded);
  expect(stream.isEnded).toBe(false);
  stream.close();
});

test.concurrent("each of many viewers is pinged repeatedly, at the configured interval", async () => {
  const { port } = await stack().addGateway({ pingIntervalMs: 1_000 });
  const sockets = await Promise.all(Array.from({ length: 50 }, () => TestSocket.open(port)));
  await Promise.all(
    sockets.map(async ({ socket }) => {
      await once(socket, "ping");
      await once(socket, "ping");
    }),
  );
  for (const { socket } of sockets) socket.terminate();
});

test.concurrent("a viewer that answers no ping is closed, and others stay", async () => {
  const { port } = await stack().addGateway({ pingIntervalMs: 1_000, idleTimeoutMs: 8_000 });
  const deaf = await TestSocket.open(port, "json", {}, { autoPong: false });
  const quiet = await TestSocket.connect(port);
  await deaf.untilClosed();
  expect(quiet.closed).toBeUndefined();
  expect(await quiet.ask("ping")).toMatchObject({ op: "result" });
  await quiet.close();
});

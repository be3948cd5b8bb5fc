/** Viewers that stop reading: what they cost, what they receive, and when they are closed. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { metric, TestStack } from "../support/stack.ts";
import { post, TestEventStream, TestSocket, watch } from "../support/viewer.ts";

const BUFFER_BYTES = 65_536;
const IDLE_MS = 8_000;
const LIKES = 100;
const DATA = "x".repeat(2_000);

let stack: TestStack;
beforeAll(async () => {
  const gateway = {
    viewerBufferBytes: BUFFER_BYTES,
    idleTimeoutMs: IDLE_MS,
    pingIntervalMs: IDLE_MS / 2,
    lingerMs: 0,
  };
  stack = await TestStack.start({ gateway });
});
afterAll(async () => await stack?.stop());

const figure = (name: string) => metric(stack.gateway, `ovation_gateway_${name}`);

async function like(video: string): Promise<void> {
  const batch = Array.from({ length: LIKES }, () => ({ kind: "like", data: DATA }));
  expect((await post(stack.gateway.port, video, batch)).status).toBe(200);
}

/** Publishes likes until the gateway has dropped this many bytes for the one viewer; returns how many likes. */
async function likeUntilDropped(video: string, bytes: number): Promise<number> {
  const before = await figure("events_dropped_total");
  let published = 0;
  while (((await figure("events_dropped_total")) - before) * DATA.length < bytes) {
    await like(video);
    published += LIKES;
  }
  return published;
}

test("a WebSocket that stalls for ten times its buffer: the likes it got and the counts add up to all there were", async () => {
  const viewer = await watch("msgpack", stack.gateway.port, "ten-times");
  if (!(viewer instanceof TestSocket)) throw new Error("no WebSocket");
  await stack.mirrored("ten-times", 1);
  viewer.socket.pause();
  const published = await likeUntilDropped("ten-times", 10 * BUFFER_BYTES);
  viewer.socket.resume();
  await viewer.until(() => viewer.total("ten-times", "like") >= published);
  await post(stack.gateway.port, "ten-times", { kind: "comment", id: "end" });
  await viewer.until(() => viewer.of("ten-times", "comment").length === 1);
  const shown = viewer.of("ten-times", "like").length;
  expect(shown).toBeLessThan(published);
  expect(viewer.total("ten-times", "like")).toBe(published);
  expect(viewer.closed).toBeUndefined();
  await viewer.close();
});

test("an event stream that stalls gets no write after the first that found no room, and is closed", async () => {
  const stream = await TestEventStream.open(stack.gateway.port, "stalled");
  await stack.mirrored("stalled", 1);
  stream.response.pause();
  await likeUntilDropped("stalled", 1);
  const stalledAt = performance.now();
  const written = await figure("bytes_sent_total");
  const before = process.memoryUsage.rss();
  const closedAfter = eventually(async () => (await figure("event_streams")) === 0).then(
    () => performance.now() - stalledAt,
  );
  // 80 MB, none of which may be kept for it.
  for (let round = 0; round < 400; round += 1) await like("stalled");
  expect(await figure("bytes_sent_total")).toBe(written);
  expect(process.memoryUsage.rss() - before).toBeLessThan(60_000_000);
  expect(await closedAfter).toBeLessThan(15_000);
  await stack.mirrored("stalled", 0);
  stream.close();
});

test("an event stream that resumes reading after a second gets the tail without asking, and stays open", async () => {
  const stream = await TestEventStream.open(stack.gateway.port, "caught-up");
  await stack.mirrored("caught-up", 1);
  stream.response.pause();
  const published = await likeUntilDropped("caught-up", 1);
  await wait(1_000);
  stream.response.resume();
  // Nothing more is published.
  await stream.until(() => stream.total("caught-up", "like") >= published);
  expect(stream.total("caught-up", "like")).toBe(published);
  // uWebSockets.js would close it about ten seconds after the stall.
  await wait(61_000);
  expect(stream.isEnded).toBe(false);
  expect((await post(stack.gateway.port, "caught-up", { kind: "like" })).status).toBe(200);
  await stream.until(() => stream.total("caught-up", "like") === published + 1);
  stream.close();
});

/** A viewer in a process of its own; it prints "watching" and keeps reading. */
const VIEWER = `
  import WebSocket from "ws";
  const [url, video] = process.argv.slice(1);
  const socket = new WebSocket(url, ["ovation.v1.json"]);
  socket.on("open", () => {
    socket.send(JSON.stringify({ op: "connect", id: 1 }));
    socket.send(JSON.stringify({ op: "subscribe", id: 2, video }));
  });
  socket.on("message", (text) => { if (JSON.parse(text).id === 2) console.log("watching"); });`;

test("a viewer whose process is frozen is closed within the idle timeout, and subtracted once", async () => {
  const video = "frozen";
  const other = await watch("msgpack", stack.gateway.port, video);
  const url = `ws://127.0.0.1:${stack.gateway.port}/v1/connect`;
  const args = ["--input-type=module", "-e", VIEWER, url, video];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  try {
    await once(child.stdout, "data");
    await stack.mirrored(video, 2);
    const closed = await figure("connections_closed_total");
    child.kill("SIGSTOP");
    const frozenAt = performance.now();
    await eventually(async () => (await figure("connections_closed_total")) > closed);
    // uWebSockets.js counts idle time in steps of four seconds.
    expect(performance.now() - frozenAt).toBeLessThan(IDLE_MS + 4_000);
    await stack.mirrored(video, 1);
    await other.until(() => {
      const last = other.of(video, "viewers").at(-1)?.data;
      return JSON.stringify(last) === '{"viewers":1}';
    });
    child.kill("SIGCONT");
    await wait(500);
    expect(await figure("connections_closed_total")).toBe(closed + 1);
    expect(stack.dispatchers[0]?.routes.viewers(video)).toBe(1);
  } finally {
    child.kill("SIGKILL");
    await other.close();
  }
});

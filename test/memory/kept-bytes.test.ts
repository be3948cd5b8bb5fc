/** A gateway keeps the event itself, not the whole network buffer that it came in. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { NatsConnection } from "nats";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Kind } from "../../shared/protocol/kinds.ts";
import { publishSubject } from "../../shared/protocol/subjects.ts";
import { encodeMsgpack } from "../../shared/protocol/wire/codec.ts";
import { eventually } from "../support/eventually.ts";
import { connectTo } from "../support/nats-users.ts";
import { TestStack } from "../support/stack.ts";
import { TestSocket } from "../support/viewer.ts";

const KINDS: readonly Kind[] = [
  { name: "like", deliveryClass: "transient" },
  { name: "comment", deliveryClass: "durable", schema: {} },
  { name: "score", deliveryClass: "latest" },
];
const EVENTS = 300;
/** How many large events of another video come with each event. */
const LARGE_EVENTS = 15;
const LARGE_BYTES = 3_000;
/** The events are a hundredth of this; what comes with them is ten times this. */
const CEILING_BYTES = 1_500_000;

let stack: TestStack;
let publisher: NatsConnection;
let viewer: TestSocket;

beforeAll(async () => {
  const gateway = { kinds: KINDS, subscriptionsLimit: 1 + 3 * EVENTS };
  stack = await TestStack.start({ gateway, dispatcher: { kinds: KINDS } });
  publisher = await connectTo(stack.nats.url, "publisher");
  viewer = await TestSocket.connect(stack.gateway.port, "json");
  await viewer.ask("subscribe", { video: "flood" });
  await stack.mirrored("flood", 1);
});
afterAll(async () => {
  await viewer?.close();
  await publisher?.close();
  await stack?.stop();
});

/** Bytes of array buffers in use: network buffers, and copies of parts of them. */
function bufferBytes(): number {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  return process.memoryUsage().arrayBuffers;
}

async function publish(video: string, kind: string, text: string): Promise<void> {
  const request = encodeMsgpack({ kind, data: text });
  await publisher.request(publishSubject(video), request, { timeout: 60_000 });
}

async function publishAmidLargeEvents(video: string, kind: string): Promise<void> {
  const large = Array.from({ length: LARGE_EVENTS }, () =>
    publish("flood", "like", "x".repeat(LARGE_BYTES)),
  );
  await Promise.all([...large, publish(video, kind, "small")]);
}

test.each([
  ["a history of comments", "comment", 1],
  ["the latest of many videos", "score", EVENTS],
  ["the last frame of many videos", "like", EVENTS],
])("%s", async (_, kind, videos) => {
  const names = Array.from({ length: videos }, (_, n) => `${kind}-${n}`);
  for (const video of names) await viewer.ask("subscribe", { video });
  await Promise.all(names.map((video) => stack.mirrored(video, 1)));
  const before = bufferBytes();
  for (let n = 0; n < EVENTS; n += 1) {
    await publishAmidLargeEvents(names[n % videos] ?? "", kind);
  }
  const total = () => names.reduce((sum, video) => sum + viewer.of(video, kind).length, 0);
  await viewer.until(() => total() === EVENTS);
  // What is in transit to the viewer is freed by itself; what is kept is not.
  await eventually(() => bufferBytes() - before < CEILING_BYTES);
  expect(bufferBytes() - before).toBeLessThan(CEILING_BYTES);
});

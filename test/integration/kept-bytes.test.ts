/** What a gateway keeps of an event is the event, and not all that came from the network with it. */
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
  { name: "comment", deliveryClass: "durable" },
  { name: "score", deliveryClass: "latest" },
];
const EVENTS = 300;
/** With each of the events come so many large ones of another video. */
const LARGE_ONES = 15;
const LARGE_BYTES = 3_000;
/** The events themselves are a hundredth of it; what comes with them is ten times as much. */
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

/** Bytes of array buffers that are in use: what came from the network, and what was copied of it. */
function bufferBytes(): number {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  return process.memoryUsage().arrayBuffers;
}

async function publish(video: string, kind: string, text: string): Promise<void> {
  const request = encodeMsgpack({ kind, data: text });
  await publisher.request(publishSubject(video), request, { timeout: 10_000 });
}

async function publishAmidLargeOnes(video: string, kind: string): Promise<void> {
  const large = Array.from({ length: LARGE_ONES }, () =>
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
    await publishAmidLargeOnes(names[n % videos] ?? "", kind);
  }
  const total = () => names.reduce((sum, video) => sum + viewer.of(video, kind).length, 0);
  await viewer.until(() => total() === EVENTS);
  // What is still on its way to the viewer goes by itself; what is kept does not.
  await eventually(() => bufferBytes() - before < CEILING_BYTES);
  expect(bufferBytes() - before).toBeLessThan(CEILING_BYTES);
});

/** A subscriber gets what is published after its subscribe, through any gateway and dispatcher. */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { Bucket } from "../../shared/bus/bucket.ts";
import { rounds } from "../support/rounds.ts";
import { TestStack } from "../support/stack.ts";
import { post, TestSocket, watch } from "../support/viewer.ts";

const ROUNDS = rounds(20);
const KINDS = [
  { name: "like", deliveryClass: "transient" },
  { name: "comment", deliveryClass: "durable", schema: {} },
  { name: "score", deliveryClass: "latest" },
] as const;
const KIND_NAMES = KINDS.map(({ name }) => name);

let stack: TestStack;
let isMuted = false;
/** The watch, without its changes while it is muted. */
async function* unmuted<T>(changes: AsyncIterable<T>): AsyncGenerator<T> {
  for await (const change of changes) if (!isMuted) yield change;
}
beforeAll(async () => {
  const { watch: original } = Bucket.prototype;
  vi.spyOn(Bucket.prototype, "watch").mockImplementation(async function (this: Bucket) {
    const watching = await original.call(this);
    return { ...watching, changes: unmuted(watching.changes) };
  });
  const settings = { kinds: KINDS };
  stack = await TestStack.start({
    gateways: 2,
    dispatchers: 2,
    gateway: { ...settings, newVideosPerSecond: 10_000 },
    dispatcher: settings,
  });
});
afterAll(async () => {
  vi.restoreAllMocks();
  await stack.stop();
});

/** Whether the event arrives before one that is sent once the dispatchers know the viewer. */
async function isSeen(
  viewer: Awaited<ReturnType<typeof watch>>,
  video: string,
  kind: string,
): Promise<boolean> {
  const has = (of: string, id: string) => viewer.of(video, of).some((event) => event.id === id);
  // The dispatchers know the viewer by now, so what is published now arrives, and arrives later. An
  // event of class latest would replace the one before.
  const later = kind === "score" ? "like" : kind;
  await stack.mirrored(video, 1);
  await post(stack.gateway.port, video, { kind: later, id: "later" });
  await viewer.until(() => has(later, "later"));
  return has(kind, "own");
}

describe.each(KIND_NAMES)("an event of kind %s that is published", (kind) => {
  test("right after the subscribe on a WebSocket arrives there", async () => {
    let unseen = 0;
    for (let number = 1; number <= ROUNDS; number += 1) {
      const video = `socket-${kind}-${number}`;
      const viewer = await TestSocket.connect(stack.gatewayAt(number).port);
      const [subscribed, published] = await Promise.all([
        viewer.ask("subscribe", { video }),
        viewer.ask("publish", { video, kind, eventId: "own" }),
      ]);
      expect([subscribed.op, published.op]).toEqual(["result", "result"]);
      if (!(await isSeen(viewer, video, kind))) unseen += 1;
      await viewer.close();
    }
    expect(unseen).toBe(0);
  });

  test.each([0, 1])("over HTTP after the first message of a stream, %s gateways on", async (on) => {
    let unseen = 0;
    for (let number = 1; number <= ROUNDS; number += 1) {
      const video = `stream-${on}-${kind}-${number}`;
      const viewer = await watch("sse", stack.gatewayAt(number).port, video);
      const { status } = await post(stack.gatewayAt(number + on).port, video, { kind, id: "own" });
      expect(status).toBe(200);
      if (!(await isSeen(viewer, video, kind))) unseen += 1;
      await viewer.close();
    }
    expect(unseen).toBe(0);
  });
});

test("even while the dispatchers' watch of the table delivers nothing", async () => {
  isMuted = true;
  for (const [index, kind] of KIND_NAMES.entries()) {
    const viewer = await TestSocket.connect(stack.gatewayAt(index).port);
    viewer.sendMessage({ op: "subscribe", id: 10, video: "unseen" });
    viewer.sendMessage({ op: "publish", id: 11, video: "unseen", kind, eventId: kind });
    await viewer.until(() => viewer.of("unseen", kind).some(({ id }) => id === kind));
    expect(stack.dispatchers.map(({ routes }) => routes.viewers("unseen"))).toEqual([0, 0]);
    await viewer.close();
  }
  isMuted = false;
});

/** What happens at a connection's limits, and with many requests at once. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encode } from "../../shared/protocol/wire/codec.ts";
import { burst, FOREIGN, sendBytes } from "../support/raw.ts";
import { metric, TestStack } from "../support/stack.ts";
import { type Received, TestSocket, watch } from "../support/viewer.ts";
import { useWatchedStack } from "../support/watched-stack.ts";

const LIKE = { op: "publish", video: "ok-a", kind: "like" };

/** A publish of exactly this many bytes. */
function ofLength(encoding: "msgpack" | "json", length: number, id = 2): Uint8Array {
  // The id comes last, as with encoders that sort keys.
  const message = (pad: number) => encode(encoding, { ...LIKE, data: "x".repeat(pad), id });
  return message(length - (message(length).length - length));
}

function answersOf(viewer: TestSocket): Received[] {
  return viewer.messages.filter(({ op }) => op === "result" || op === "error");
}

describe("a gateway with small limits", () => {
  const LIMIT = 2_048;
  let stack: TestStack;
  let port: number;

  const watched = useWatchedStack(
    // Nothing is released while the tests count what is held.
    { messageLimitBytes: LIMIT, subscriptionsLimit: 3, connectTimeoutMs: 100, lingerMs: 600_000 },
    "msgpack",
  );
  beforeAll(() => {
    ({ stack, port } = watched());
  });

  test.each(["msgpack", "json"] as const)(
    "a %s message of exactly the limit is accepted, and a longer one is refused by its id",
    async (encoding) => {
      const viewer = await TestSocket.connect(port, encoding);
      sendBytes(viewer, ofLength(encoding, LIMIT));
      expect(await viewer.answerTo(2)).toMatchObject({ op: "result" });
      for (const [id, length] of [
        [3, LIMIT + 1],
        [4, 4 * LIMIT],
      ] as const) {
        sendBytes(viewer, ofLength(encoding, length, id));
        expect(await viewer.answerTo(id)).toMatchObject({
          op: "error",
          code: "message_too_large",
          limit: LIMIT,
        });
      }
      viewer.sendMessage({ op: "ping", id: 5 });
      expect(await viewer.answerTo(5)).toMatchObject({ op: "result" });
      expect(viewer.messages).toHaveLength(5);
      await viewer.close();
    },
  );

  test.each(["msgpack", "json"] as const)(
    "a %s message over the limit in which no id can be read closes the connection",
    async (encoding) => {
      const viewer = await TestSocket.connect(port, encoding);
      sendBytes(viewer, encode(encoding, ["x".repeat(LIMIT)]));
      expect(await viewer.untilClosed()).toEqual({ code: 4413, reason: "too_large" });
      expect(viewer.messages.slice(1)).toMatchObject([
        { op: "error", id: 0, code: "message_too_large", limit: LIMIT },
      ]);
    },
  );

  test.each([1, 5])(
    "a message far over the limit, in %d parts, ends the connection",
    async (parts) => {
      const viewer = await TestSocket.connect(port, "json");
      for (let part = 1; part <= parts; part += 1) {
        const bytes = Buffer.alloc(Math.ceil((5 * LIMIT) / parts), "x");
        viewer.socket.send(bytes, { binary: false, fin: part === parts });
      }
      expect(await viewer.untilClosed()).toEqual({ code: 1006, reason: "" });
      expect(viewer.messages).toHaveLength(1);
    },
  );

  test("a connection may watch a limited number of videos, and leaving one makes room", async () => {
    const viewer = await TestSocket.connect(port);
    for (const video of ["ok-1", "ok-2", "ok-3"]) await viewer.ask("subscribe", { video });
    expect(await viewer.ask("subscribe", { video: "foreign" })).toMatchObject({
      code: "subscriptions_exceeded",
      limit: 3,
    });
    await viewer.ask("unsubscribe", { video: "ok-2" });
    expect(await viewer.ask("subscribe", { video: "ok-4" })).toMatchObject({ op: "result" });
    await viewer.close();
  });

  test("10,000 subscribes in a row are each answered once, and only the limit's worth is held", async () => {
    const viewer = await TestSocket.connect(port, "msgpack");
    const held = await metric(stack.gateway, "ovation_gateway_videos");
    const requests = Array.from({ length: 10_000 }, (_, index) => ({
      op: "subscribe",
      id: index + 2,
      video: `ok-many-${index}`,
    }));
    for (let from = 0; from < requests.length; from += 100) {
      burst(viewer, requests.slice(from, from + 100));
      await viewer.answerTo(from + 101);
    }
    await viewer.until(() => answersOf(viewer).length > 10_000);
    const answers = answersOf(viewer).slice(1);
    expect(answers).toHaveLength(10_000);
    // The first three are held; their answers may arrive in any order.
    const accepted = answers.filter(({ op }) => op === "result").map(({ id }) => id);
    expect(new Set(accepted)).toEqual(new Set([2, 3, 4]));
    expect(new Set(answers.map(({ id }) => id)).size).toBe(10_000);
    expect(await metric(stack.gateway, "ovation_gateway_videos")).toBe(held + 3);
    await viewer.close();
  });

  test("a connection that sends no connect in time is closed with a named error; one that did stays", async () => {
    const connected = await TestSocket.connect(port);
    const silent = await TestSocket.open(port);
    const busy = await TestSocket.open(port, "msgpack");
    busy.sendMessage({ ...LIKE, id: 1, data: FOREIGN });
    for (const viewer of [silent, busy]) {
      expect(await viewer.untilClosed()).toEqual({ code: 4408, reason: "connect_timeout" });
      expect(viewer.messages.at(-1)).toMatchObject({ op: "error", id: 0, code: "connect_timeout" });
    }
    expect(busy.messages).toMatchObject([{ id: 1, code: "connect_required" }, { id: 0 }]);
    const { op: _op, ...fields } = LIKE;
    expect(await connected.ask("publish", fields)).toMatchObject({ op: "result" });
    await connected.close();
  });
});

describe("requests in one burst", () => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await TestStack.start({ gateway: { lingerMs: 0 } });
  });
  afterAll(async () => {
    await stack?.stop();
  });

  test("each get one answer, and events keep the order in which they were published", async () => {
    const viewer = await watch("json", stack.gateway.port, "ok-order");
    await stack.mirrored("ok-order", 1);
    const publisher = await TestSocket.open(stack.gateway.port, "msgpack");
    const likes = Array.from({ length: 50 }, (_, n) => ({
      op: n % 5 === 4 ? "shout" : "publish",
      id: n + 2,
      video: "ok-order",
      kind: "like",
      data: n,
    }));
    burst(publisher, [{ op: "connect", id: 1 }, ...likes]);
    await publisher.until(() => publisher.messages.length === 51);
    const ids = publisher.messages.map(({ id }) => id as number);
    expect(ids.toSorted((one, other) => one - other)).toEqual(ids.map((_, index) => index + 1));
    const expected = likes.filter(({ op }) => op === "publish").map(({ data }) => data);
    await viewer.until(() => viewer.of("ok-order", "like").length >= expected.length);
    expect(viewer.of("ok-order", "like").map(({ data }) => data)).toEqual(expected);
    await publisher.close();
    await viewer.close();
  });

  test("are carried out in order: a video unsubscribed last is not watched, one subscribed last is", async () => {
    const viewer = await TestSocket.open(stack.gateway.port);
    const steps = ["subscribe", "unsubscribe", "subscribe", "unsubscribe", "subscribe"];
    burst(viewer, [
      { op: "connect", id: 1 },
      { op: "subscribe", id: 2, video: "ok-left" },
      { op: "unsubscribe", id: 3, video: "ok-left" },
      ...steps.map((op, index) => ({ op, id: index + 4, video: "ok-back" })),
    ]);
    await viewer.until(() => answersOf(viewer).length >= 8);
    for (let id = 1; id <= 8; id += 1) {
      expect(viewer.messages.filter((message) => message["id"] === id)).toMatchObject([
        { op: "result" },
      ]);
    }
    await Promise.all([stack.mirrored("ok-left", 0), stack.mirrored("ok-back", 1)]);
    expect(await metric(stack.gateway, "ovation_gateway_videos")).toBe(1);
    viewer.sendMessage({ op: "publish", id: 9, video: "ok-back", kind: "like" });
    await viewer.until(() => viewer.of("ok-back", "like").length === 1);
    await viewer.close();
  });
});

/** Tokens that expire during a connection, and their replacements. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { TestStack } from "../../support/stack.ts";
import { inSeconds, SECRET, tokenOf, VIEWER } from "../../support/tokens.ts";
import { post, TestEventStream, TestSocket } from "../../support/viewer.ts";

const GRACE_MS = 500;
let stack: TestStack;
let port: number;

beforeAll(async () => {
  stack = await TestStack.start({
    gateway: { open: false, authSecret: SECRET, authRefreshGraceMs: GRACE_MS, lingerMs: 0 },
  });
  port = stack.gateway.port;
});
afterAll(() => stack?.stop());

/** A token that expires after a moment. */
const shortToken = () => tokenOf({ ...VIEWER, exp: inSeconds(0.5) });

describe("a WebSocket whose token expires", () => {
  test("is asked for a fresh one, and closed for good when none arrives", async () => {
    const socket = await TestSocket.connect(port, "json", await shortToken());
    const asked = await socket.until(() => socket.messages.find(({ op }) => op === "refresh"));
    expect(asked).toEqual({ op: "refresh", withinMs: GRACE_MS });
    expect(socket.closed).toBeUndefined();
    expect(await socket.untilClosed()).toEqual({ code: 4401, reason: "token_expired" });
    expect(socket.messages.at(-1)).toMatchObject({ op: "error", id: 0, code: "token_expired" });
  });

  test("continues with a fresh one, and misses nothing", async () => {
    const short = await shortToken();
    const socket = await TestSocket.connect(port, "json", short);
    const other = await TestSocket.connect(port, "json", short);
    await socket.ask("subscribe", { video: "on" });
    await socket.until(() => socket.messages.find(({ op }) => op === "refresh"));
    const token = await tokenOf(VIEWER);
    expect(await socket.ask("refresh", { token })).toMatchObject({ op: "result" });
    // One that sends none is closed meanwhile.
    await other.untilClosed();
    await post(port, "on", { kind: "comment", id: "c1" }, token);
    await socket.until(() => socket.of("on", "comment").length === 1);
    expect(socket.closed).toBeUndefined();
    await socket.close();
  });

  test("may send a fresh one at any time before", async () => {
    const short = await tokenOf({ ...VIEWER, exp: inSeconds(2) });
    const socket = await TestSocket.connect(port, "json", short);
    await socket.ask("refresh", { token: await tokenOf(VIEWER) });
    const other = await TestSocket.connect(port, "json", short);
    await other.until(() => other.messages.find(({ op }) => op === "refresh"));
    await other.close();
    expect(socket.messages.filter(({ op }) => op === "refresh")).toEqual([]);
    await socket.close();
  });
});

describe("a fresh token", () => {
  test("that is narrower ends uncovered subscriptions at once, with a notice", async () => {
    const socket = await TestSocket.connect(port, "json", await tokenOf(VIEWER));
    await socket.ask("subscribe", { video: "kept" });
    await socket.ask("subscribe", { video: "lost" });
    await stack.mirrored("lost", 1);
    const token = await tokenOf({ ...VIEWER, videos: ["kept"] });
    expect(await socket.ask("refresh", { token })).toMatchObject({ op: "result" });
    const notice = await socket.until(() =>
      socket.messages.find(({ op }) => op === "unsubscribed"),
    );
    expect(notice).toMatchObject({ video: "lost", code: "forbidden" });
    const everything = await tokenOf(VIEWER);
    await post(port, "lost", { kind: "comment", id: "l1" }, everything);
    await post(port, "kept", { kind: "comment", id: "k1" }, everything);
    await socket.until(() => socket.of("kept", "comment").length === 1);
    expect(socket.of("lost", "comment")).toEqual([]);
    expect(await socket.ask("subscribe", { video: "lost" })).toMatchObject({ code: "forbidden" });
    expect(await socket.ask("unsubscribe", { video: "lost" })).toMatchObject({
      code: "not_subscribed",
    });
    // It is no longer counted, either.
    await stack.mirrored("lost", 0);
    await socket.close();
  });

  test("that arrives while a subscribe is under way ends that one too", async () => {
    const socket = await TestSocket.connect(port, "json", await tokenOf(VIEWER));
    const token = await tokenOf({ ...VIEWER, videos: ["kept"] });
    const [refreshed, subscribed] = await Promise.all([
      socket.ask("refresh", { token }),
      socket.ask("subscribe", { video: "race", last: 10 }),
    ]);
    expect(refreshed.op).toBe("result");
    const notice = () =>
      subscribed.op === "error" || socket.messages.some(({ op }) => op === "unsubscribed");
    await socket.until(notice);
    await stack.mirrored("race", 0);
    await socket.close();
  });

  test.each([
    ["of another actor", () => tokenOf({ ...VIEWER, sub: "ben" }), 4403],
    ["that is forged", () => tokenOf(VIEWER, { key: Buffer.alloc(32, 1) }), 4403],
    ["that has expired", () => tokenOf({ ...VIEWER, exp: inSeconds(-60) }), 4401],
  ])("%s ends the connection", async (_name, make, code) => {
    const socket = await TestSocket.connect(port, "json", await tokenOf(VIEWER));
    expect(await socket.ask("refresh", { token: await make() })).toMatchObject({ op: "error" });
    expect((await socket.untilClosed()).code).toBe(code);
  });
});

test("an event stream ends when its token has expired, and says why", async () => {
  const stream = await TestEventStream.open(port, "sse", { token: await shortToken() });
  await stream.until(() => stream.isEnded);
  const notice = stream.messages.map(({ op }) => op).filter((op) => op !== "events");
  expect(notice).toEqual(["result", "refresh", "error"]);
  expect(stream.messages.at(-1)).toMatchObject({ id: 0, code: "token_expired" });
  await eventually(() => stack.dispatchers.every(({ routes }) => routes.viewers("sse") === 0));
});

test("requests sent in a row with connect are carried out in order", async () => {
  const socket = await TestSocket.open(port);
  socket.sendMessage({ op: "connect", id: 1, token: await tokenOf(VIEWER) });
  socket.sendMessage({ op: "subscribe", id: 2, video: "row" });
  socket.sendMessage({ op: "publish", id: 3, video: "row", kind: "comment" });
  for (const id of [1, 2, 3]) expect(await socket.answerTo(id)).toMatchObject({ op: "result" });
  expect(socket.messages[0]).toMatchObject({ id: 1 });
  await socket.close();
});

/** What an EventSource can rely on: one event is one message, and a place that isn't ours is said to be. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { ask } from "../support/raw.ts";
import { TestStack } from "../support/stack.ts";
import { post, TestEventStream } from "../support/viewer.ts";

let stack: TestStack;
beforeAll(async () => {
  stack = await TestStack.start({ gateway: { sseKeepaliveMs: 1_000, lingerMs: 0 } });
});
afterAll(async () => await stack?.stop());

test.each([
  ["line feeds", "one\ntwo\n\nthree"],
  ["carriage returns", "one\rtwo\r\nthree\r"],
  ["what would begin another message", 'x\n\ndata: {"op":"bye"}\n\nid: 1\u0000\nretry: 1\n\n'],
  ["NUL, a mark of byte order and separators", "\u0000\ufeff\u2028\u2029\u0085"],
])("a text with %s comes whole, in one message", async (_, text) => {
  const stream = await TestEventStream.open(stack.gateway.port, "lines");
  await stack.mirrored("lines", 1);
  const { status } = await post(stack.gateway.port, "lines", [
    { kind: "comment", data: { text } },
    { kind: "like", data: { text } },
  ]);
  expect(status).toBe(200);
  await stream.until(() => stream.total("lines", "like") === 1);
  await stream.until(() => stream.total("lines", "comment") === 1);
  expect(stream.of("lines", "comment")).toMatchObject([{ data: { text } }]);
  expect(stream.of("lines", "like")).toMatchObject([{ data: { text } }]);
  expect(new Set(stream.messages.map(({ op }) => op))).toEqual(new Set(["result", "events"]));
  for (const id of stream.ids) expect(id).toMatch(/^[a-z0-9]+:\d+$/);
  expect(stream.retryMs).toBeGreaterThan(1);
  stream.close();
  await stack.mirrored("lines", 0);
});

test("a quiet stream gets a comment line within the time that is set", async () => {
  const stream = await TestEventStream.open(stack.gateway.port, "quiet");
  const began = performance.now();
  await stream.until(() => stream.comments.length > 0);
  expect(performance.now() - began).toBeLessThan(5_000);
  stream.close();
});

test("a place of another history is told not to be one of this, and what there is follows", async () => {
  await post(stack.gateway.port, "epochs", { kind: "comment", id: "c1" });
  const back = await TestEventStream.open(stack.gateway.port, "epochs", {
    lastEventId: "otherepoch:1",
  });
  expect(back.messages[0]).toMatchObject({ op: "result", recovered: false });
  await post(stack.gateway.port, "epochs", { kind: "comment", id: "c2" });
  await back.until(() => back.of("epochs", "comment").length > 0);
  expect(back.of("epochs", "comment").map(({ id }) => id)).toEqual(["c2"]);
  back.close();
});

test("a place of ten kilobytes is too large a header, and in the query it is taken for none", async () => {
  const long = "x".repeat(10_000);
  const headers = { accept: "text/event-stream", "last-event-id": long };
  const path = "/v1/videos/long/events";
  // 431 by RFC 6585 section 5; the connection may be gone before it is read.
  const status = await ask(stack.gateway.port, { path, headers }).then(
    (answer) => answer.status,
    () => 431,
  );
  expect(status).toBe(431);
  const stream = await TestEventStream.open(stack.gateway.port, "long", {
    query: `?after=${long.slice(0, 2_000)}`,
  });
  expect(stream.messages[0]).toMatchObject({ op: "result" });
  expect(stream.messages[0]).not.toHaveProperty("recovered");
  stream.close();
});

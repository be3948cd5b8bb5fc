/** What an EventSource can rely on: an event is one message, and foreign positions are reported. */

import { expect, test } from "vitest";
import { ask } from "../support/raw.ts";
import { useTestStack } from "../support/use-test-stack.ts";
import { post, TestEventStream, TestSocket } from "../support/viewer.ts";

const stack = useTestStack({ gateway: { sseKeepaliveMs: 1_000, lingerMs: 0 } });

test.each([
  ["line feeds", "one\ntwo\n\nthree"],
  ["carriage returns", "one\rtwo\r\nthree\r"],
  ["what would start another message", 'x\n\ndata: {"op":"bye"}\n\nid: 1\u0000\nretry: 1\n\n'],
  ["NUL, a byte order mark and separators", "\u0000\ufeff\u2028\u2029\u0085"],
])("a text with %s arrives unchanged, in one message", async (_, text) => {
  const stream = await TestEventStream.open(stack().gateway.port, "lines");
  await stack().mirrored("lines", 1);
  const { status } = await post(stack().gateway.port, "lines", [
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
  await stack().mirrored("lines", 0);
});

test("a quiet stream gets a comment line within the configured time", async () => {
  const stream = await TestEventStream.open(stack().gateway.port, "quiet");
  await stream.until(() => stream.comments.length > 0);
  stream.close();
});

test("a position of another history is reported as such, and new events follow", async () => {
  await post(stack().gateway.port, "epochs", { kind: "comment", id: "c1" });
  const back = await TestEventStream.open(stack().gateway.port, "epochs", {
    lastEventId: "otherepoch:1",
  });
  expect(back.messages[0]).toMatchObject({ op: "result", recovered: false });
  await post(stack().gateway.port, "epochs", { kind: "comment", id: "c2" });
  await back.until(() => back.of("epochs", "comment").length > 0);
  expect(back.of("epochs", "comment").map(({ id }) => id)).toEqual(["c2"]);
  back.close();
});

test("a position of ten kilobytes is reported as not of this history", async () => {
  const stream = await TestEventStream.open(stack().gateway.port, "long", {
    lastEventId: "x".repeat(10_000),
  });
  expect(stream.messages[0]).toMatchObject({ op: "result", recovered: false });
  stream.close();
});

/** Invalid positions: in a program's request they are refused with a named error. */
const NO_POSITIONS = [
  "5",
  "",
  "garbage",
  "abc:",
  ":5",
  "abc:-5",
  "abc:1.5",
  "abc:1.79E15",
  "ABC:5",
  "abc:5:6",
  "abc:99999999999999999",
  "null",
  "x".repeat(2_000),
];

test.each(NO_POSITIONS)("an event stream after %j is refused, and so is `last`", async (text) => {
  const { port } = stack().gateway;
  const headers = { accept: "text/event-stream" };
  for (const [name, value] of [
    ["after", text],
    ["last", text === "5" ? "-5" : text],
  ] as const) {
    const path = `/v1/videos/places/events?${name}=${encodeURIComponent(value)}`;
    const answer = await ask(port, { path, headers });
    expect(answer.status).toBe(400);
    expect(answer.error).toMatchObject({ code: "field_invalid", field: name });
  }
});

test.each(NO_POSITIONS.filter((text) => text !== "5"))(
  "a page of history before %j is refused",
  async (text) => {
    const path = `/v1/videos/places/history?before=${encodeURIComponent(text)}`;
    const answer = await ask(stack().gateway.port, { path, headers: {} });
    expect(answer.status).toBe(400);
    expect(answer.error).toMatchObject({ code: "field_invalid", field: "before" });
  },
);

test.each(["msgpack", "json"] as const)(
  "a subscribe over %s after an invalid position is refused, and the connection stays open",
  async (encoding) => {
    const viewer = await TestSocket.connect(stack().gateway.port, encoding);
    for (const after of [-1, 1.5, 2 ** 53, "5", "abc:5", true, [], {}]) {
      const answer = await viewer.ask("subscribe", { video: "places", after });
      expect(answer).toMatchObject({ op: "error", code: "field_invalid", field: "after" });
    }
    const answer = await viewer.ask("subscribe", { video: "places", after: 0, epoch: "A" });
    expect(answer).toMatchObject({ op: "error", code: "field_invalid", field: "epoch" });
    expect(await viewer.ask("subscribe", { video: "places", after: 0 })).toMatchObject({
      op: "result",
      recovered: true,
    });
    await viewer.close();
  },
);

test.each([
  ["events?after=abc:1&after=abc:2", "after"],
  ["events?last=1&last=2", "last"],
  ["events?wait=0&wait=0", "wait"],
  ["history?before=5&before=6", "before"],
  ["history?limit=1&limit=1", "limit"],
])("%s, which repeats a parameter, is refused", async (request, field) => {
  const path = `/v1/videos/places/${request}`;
  const headers = { accept: "text/event-stream" };
  const answer = await ask(stack().gateway.port, { path, headers });
  expect(answer.status).toBe(400);
  expect(answer.error).toMatchObject({ code: "field_invalid", field });
});

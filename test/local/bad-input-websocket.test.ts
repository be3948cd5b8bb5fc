/** A bad request on a WebSocket gets one named error, and has no other effect. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { gatewayPublishSubject } from "../../shared/protocol/subjects.ts";
import { eventually } from "../support/eventually.ts";
import { BusSniffer, burst, FOREIGN } from "../support/raw.ts";
import { requestSubject } from "../support/request-subject.ts";
import { metric, TestStack } from "../support/stack.ts";
import {
  type Received,
  TEST_WIRES,
  type TestEventStream,
  TestSocket,
  watch,
} from "../support/viewer.ts";

let stack: TestStack;
let sniffer: BusSniffer;
let observers: (TestSocket | TestEventStream)[];
let port: number;

beforeAll(async () => {
  stack = await TestStack.start({ gateway: { lingerMs: 0 } });
  port = stack.gateway.port;
  sniffer = await BusSniffer.start(stack.nats.url);
  observers = await Promise.all(TEST_WIRES.map((wire) => watch(wire, port, "ok-fence")));
  await stack.mirrored("ok-fence", observers.length);
});
afterEach(async () => {
  const fence = await sniffer.fence(port);
  expect(sniffer.takeForeign()).toEqual([]);
  for (const viewer of observers) {
    await viewer.until(() => viewer.of("ok-fence", "like").some(({ data }) => data === fence));
  }
});
afterAll(async () => {
  await Promise.all(observers?.map((viewer) => viewer.close()) ?? []);
  await sniffer?.stop();
  await stack?.stop();
});

/** All answers to a request; there should be one. */
function answersTo(viewer: TestSocket, id: number): Received[] {
  return viewer.messages.filter((message) => "id" in message && message.id === id);
}

const TOO_LONG = "v".repeat(129);
const LIKE = { op: "publish", kind: "like", data: FOREIGN };

/** A description, the request, and its error. */
const REFUSED: readonly [string, Record<string, unknown>, Record<string, unknown>][] = [
  ["an unknown op", { op: "shout" }, { code: "op_unknown", field: "op" }],
  ["an op that any object has", { op: "constructor" }, { code: "op_unknown", field: "op" }],
  ["an op that is not text", { op: 7 }, { code: "op_unknown", field: "op" }],
  ["no op", {}, { code: "op_unknown", field: "op" }],
  ["a second connect", { op: "connect" }, { code: "already_connected" }],
  ["a publish without a video", LIKE, { code: "field_invalid", field: "video" }],
  ["a video that is not text", { ...LIKE, video: 7 }, { code: "field_invalid", field: "video" }],
  ...["a.b", "a b", "*", ">", "a.*", "a.>", "", "ov\r\nPUB x 1", "../x", "😀", TOO_LONG].flatMap(
    (video) =>
      [{ op: "subscribe" }, { op: "unsubscribe" }, LIKE].map(
        (request): (typeof REFUSED)[number] => [
          `${request.op} of the video ${JSON.stringify(video).slice(0, 20)}`,
          { ...request, video },
          { code: "video_invalid", field: "video" },
        ],
      ),
  ),
  ...["nope", "", "LIKE", "__proto__", "constructor", "like "].map(
    (kind): (typeof REFUSED)[number] => [
      `the kind ${JSON.stringify(kind)}`,
      { ...LIKE, video: "ok-a", kind },
      { code: "kind_unknown", field: "kind" },
    ],
  ),
  [
    "the kind that Ovation makes itself",
    { ...LIKE, video: "ok-a", kind: "viewers", data: { viewers: 1_000_000, note: FOREIGN } },
    { code: "kind_reserved", field: "kind" },
  ],
  [
    "no kind",
    { op: "publish", video: "ok-a", data: FOREIGN },
    { code: "field_invalid", field: "kind" },
  ],
  [
    "a kind that is not text",
    { ...LIKE, video: "ok-a", kind: ["like"] },
    { code: "field_invalid", field: "kind" },
  ],
  ...["", "a.b", "a b", "e".repeat(65)].map((eventId): (typeof REFUSED)[number] => [
    `the event id ${JSON.stringify(eventId).slice(0, 20)}`,
    { ...LIKE, video: "ok-a", eventId },
    { code: "event_id_invalid", field: "eventId" },
  ]),
  [
    "an event id that is not text",
    { ...LIKE, video: "ok-a", eventId: 7 },
    { code: "field_invalid", field: "eventId" },
  ],
  [
    "data over the limit",
    { ...LIKE, video: "ok-a", data: FOREIGN + "x".repeat(4_096 - 3 - FOREIGN.length + 1) },
    { code: "data_too_large", field: "data", limit: 4_096 },
  ],
  [
    "an unsubscribe of what isn't watched",
    { op: "unsubscribe", video: "ok-a" },
    { code: "not_subscribed", field: "video" },
  ],
];

describe.each(["msgpack", "json"] as const)("over %s", (encoding) => {
  test.each(REFUSED)(
    "%s is refused with a named error, and the connection stays usable",
    async (_what, request, error) => {
      const viewer = await TestSocket.connect(port, encoding);
      viewer.sendMessage({ ...request, id: 2 });
      const answer = await viewer.answerTo(2);
      expect(answer).toMatchObject({ op: "error", id: 2, ...error });
      expect(answer["message"]).not.toBe("");
      viewer.sendMessage({ op: "publish", id: 3, video: "ok-a", kind: "like" });
      expect(await viewer.answerTo(3)).toMatchObject({ op: "result" });
      expect(answersTo(viewer, 2)).toHaveLength(1);
      await viewer.close();
    },
  );

  test.each([
    ["subscribe", { op: "subscribe", video: "ok-early" }],
    ["publish", { ...LIKE, video: "ok-early" }],
    ["unsubscribe", { op: "unsubscribe", video: "ok-early" }],
  ])(
    "a %s before connect is refused with a named error, and connect still works",
    async (_op, request) => {
      const viewer = await TestSocket.open(port, encoding);
      burst(viewer, [
        { ...request, id: 1 },
        { op: "connect", id: 2 },
      ]);
      expect(await viewer.answerTo(2)).toMatchObject({ op: "result", gateway: stack.gateway.id });
      expect(answersTo(viewer, 1)).toMatchObject([{ op: "error", code: "connect_required" }]);
      await viewer.close();
      expect(stack.dispatchers[0]?.routes.viewers("ok-early")).toBe(0);
    },
  );

  test.each([{ token: 7 }, { token: "t".repeat(8_193) }])(
    "a connect with an impossible token is refused, and another connect works",
    async (fields) => {
      const viewer = await TestSocket.open(port, encoding);
      expect(await viewer.ask("connect", fields)).toMatchObject({
        code: "field_invalid",
        field: "token",
      });
      expect(await viewer.ask("subscribe", { video: "ok-a" })).toMatchObject({
        code: "connect_required",
      });
      expect(await viewer.ask("connect", { token: "t" })).toMatchObject({ op: "result" });
      await viewer.close();
    },
  );

  test("a second subscribe to a video is refused, and its events still arrive once", async () => {
    const viewer = await TestSocket.connect(port, encoding);
    expect(await viewer.ask("subscribe", { video: "ok-twice" })).toMatchObject({ op: "result" });
    expect(await viewer.ask("subscribe", { video: "ok-twice" })).toMatchObject({
      code: "already_subscribed",
      field: "video",
    });
    await stack.mirrored("ok-twice", 1);
    for (const data of ["one", "two"]) {
      await viewer.ask("publish", { video: "ok-twice", kind: "like", data });
    }
    await viewer.until(() => viewer.of("ok-twice", "like").some(({ data }) => data === "two"));
    expect(viewer.of("ok-twice", "like").map(({ data }) => data)).toEqual(["one", "two"]);
    await viewer.close();
  });

  test.each([
    ["of 0", { id: 0 }],
    ["below 0", { id: -1 }],
    ["with a fraction", { id: 2.5 }],
    ["that is text", { id: "2" }],
    ["that is true", { id: true }],
    ["that is null", { id: null }],
    ["in a list", { id: [2] }],
    ["above 2^53", { id: 2 ** 53 + 2 }],
    ["missing", {}],
    ["that was used before", { id: 1 }],
  ])("a request id %s closes the connection as a violation", async (_what, id) => {
    const viewer = await TestSocket.connect(port, encoding);
    burst(viewer, [
      { ...LIKE, video: "ok-a", ...id },
      { ...LIKE, video: "ok-a", id: 3 },
    ]);
    expect(await viewer.untilClosed()).toEqual({ code: 4409, reason: "request_id" });
    // The answer to connect, the error, and nothing for the later request.
    expect(viewer.messages.slice(1)).toEqual([
      { op: "error", id: 0, code: "request_id_invalid", field: "id", message: expect.any(String) },
    ]);
  });

  test("a request id that is lower than the last one closes the connection", async () => {
    const viewer = await TestSocket.open(port, encoding);
    burst(viewer, [
      { op: "connect", id: 9 },
      { ...LIKE, video: "ok-a", id: 8 },
    ]);
    expect(await viewer.untilClosed()).toEqual({ code: 4409, reason: "request_id" });
    expect(viewer.messages).toMatchObject([
      { op: "result", id: 9 },
      { id: 0, code: "request_id_invalid" },
    ]);
  });

  test("the largest whole number that a double holds exactly is a valid request id", async () => {
    const viewer = await TestSocket.open(port, encoding);
    viewer.sendMessage({ op: "connect", id: Number.MAX_SAFE_INTEGER });
    expect(await viewer.answerTo(Number.MAX_SAFE_INTEGER)).toMatchObject({ op: "result" });
    await viewer.close();
  });
});

test("a refusal is counted by its code, and none was an internal error", async () => {
  const name = "ovation_gateway_refused_total";
  const refused = async (labels = "") => await metric(stack.gateway, `${name}${labels}`);
  const viewer = await TestSocket.connect(port);
  const [all, before] = [await refused(), await refused('{code="op_unknown"}')];
  await viewer.ask("shout");
  expect(await refused()).toBe(all + 1);
  expect(await refused('{code="op_unknown"}')).toBe(before + 1);
  expect(await refused('{code="internal"}')).toBe(0);
  await viewer.close();
});

test("the sniffer works: it would see a foreign event", async () => {
  const viewer = await TestSocket.connect(port);
  await viewer.ask("publish", { video: "ok-a", kind: "like", data: FOREIGN });
  await viewer.ask("publish", { video: "elsewhere", kind: "like" });
  const seen: string[] = [];
  await eventually(() => {
    seen.push(...sniffer.takeForeign());
    // A dispatcher stores the total of a like after its answer: the next test must not see that.
    return seen.includes("$KV.ov_totals.elsewhere");
  });
  expect(seen.slice(0, 2)).toEqual([
    requestSubject(gatewayPublishSubject, "ok-a"),
    requestSubject(gatewayPublishSubject, "elsewhere"),
  ]);
  await viewer.close();
});

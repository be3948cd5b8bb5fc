/** Subscriptions with a filter: which kinds a viewer gets, and who counts as a viewer. */
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { metric } from "../support/stack.ts";
import { useTestStack } from "../support/use-test-stack.ts";
import {
  post,
  TEST_WIRES,
  TestEventStream,
  type TestRequest,
  TestSocket,
  watch,
} from "../support/viewer.ts";

const KINDS = [
  { name: "like", deliveryClass: "transient" },
  { name: "wave", deliveryClass: "transient" },
  { name: "comment", deliveryClass: "durable", schema: {} },
  { name: "gift", deliveryClass: "durable" },
  { name: "score", deliveryClass: "state" },
  { name: "banner", deliveryClass: "state" },
] as const;
const FILTERS_LIMIT = 16;
const FRAME_EVENTS = 100;
const BUFFER_BYTES = 65_536;

const stack = useTestStack({
  gateway: {
    kinds: KINDS,
    frameEvents: FRAME_EVENTS,
    viewerBufferBytes: BUFFER_BYTES,
    countIntervalMs: 50,
    lingerMs: 0,
  },
  dispatcher: { kinds: KINDS, countIntervalMs: 50 },
});

type Viewer = Awaited<ReturnType<typeof watch>>;

const open = async (wire: (typeof TEST_WIRES)[number], video: string, request: TestRequest = {}) =>
  await watch(wire, stack().gateway.port, video, request);

async function publish(video: string, events: readonly object[]): Promise<void> {
  expect(await post(stack().gateway.port, video, events)).toMatchObject({ status: 200 });
}

const times = (count: number, event: object) => Array.from({ length: count }, () => event);
const viewersOf = (viewer: Viewer, video: string) =>
  (viewer.of(video, "viewers").at(-1)?.data as { viewers: number } | undefined)?.viewers;
const idsOf = (viewer: Viewer, video: string, kind: string) =>
  viewer.of(video, kind).map(({ id }) => id);
/** The result of its subscribe. */
const answerTo = (viewer: Viewer) => viewer.messages.find((message) => "state" in message);
const kindsOf = (viewer: Viewer, video: string) =>
  new Set([...(viewer.events.get(video) ?? []).map(({ kind }) => kind)]);

test("a viewer with a filter gets its kinds alone, with exact counts under a flood", async () => {
  const filtered = await Promise.all(
    TEST_WIRES.map(async (wire) => await open(wire, "flood", { kinds: ["like", "comment"] })),
  );
  const unfiltered = await open("json", "flood");
  await stack().mirrored("flood", 4);
  for (let round = 0; round < 5; round += 1) {
    await publish("flood", [
      ...times(300, { kind: "like" }),
      ...times(200, { kind: "wave" }),
      { kind: "gift" },
      { kind: "comment", id: `c${round}` },
    ]);
  }
  for (const viewer of [...filtered, unfiltered]) {
    await viewer.until(() => viewer.total("flood", "like") === 1_500);
    await viewer.until(() => viewer.total("flood", "comment") === 5);
  }
  for (const viewer of filtered) {
    expect(viewer.totals.get("flood")).toEqual(
      new Map([
        ["like", 1_500],
        ["comment", 5],
      ]),
    );
    expect(kindsOf(viewer, "flood")).toEqual(new Set(["like", "comment"]));
    expect(viewer.of("flood", "like").length).toBeLessThan(1_500);
  }
  await unfiltered.until(() => unfiltered.total("flood", "wave") === 1_000);
  await unfiltered.until(() => unfiltered.total("flood", "gift") === 5);
  for (const viewer of [...filtered, unfiltered]) viewer.close();
});

test.each(TEST_WIRES)(
  "over %s, a filter's past has its kinds, a lost connection misses none, and deletions come",
  async (wire) => {
    const video = `past-${wire}`;
    await publish(video, [
      ...["c1", "c2", "c3"].map((id) => ({ kind: "comment", id })),
      ...times(5, { kind: "gift" }),
    ]);
    const kinds = ["comment"];
    const viewer = await open(wire, video, { kinds, last: 2 });
    await viewer.until(() => viewer.of(video, "comment").length === 2);
    expect(idsOf(viewer, video, "comment")).toEqual(["c2", "c3"]);
    const after = viewer.of(video, "comment").at(-1)?.seq ?? 0;
    const epoch = String(viewer.subscription["epoch"]);
    viewer.close();
    await publish(video, [{ kind: "gift" }, { kind: "comment", id: "c4" }, { kind: "gift" }]);
    const back = await open(wire, video, { kinds, after, epoch });
    expect(back.subscription).toMatchObject({ recovered: true });
    await back.until(() => back.of(video, "comment").length > 0);
    const { port } = stack().gateway;
    await fetch(`http://127.0.0.1:${port}/v1/videos/${video}/events/c4`, { method: "DELETE" });
    await back.until(() => back.of(video, "retracted").length > 0);
    expect(idsOf(back, video, "comment")).toEqual(["c4"]);
    expect(kindsOf(back, video)).toEqual(new Set(["comment", "retracted"]));
    expect(back.messages.filter(({ op }) => op === "reset")).toEqual([]);
    back.close();
  },
);

test.each(["json", "sse"] as const)(
  "over %s, a viewer that reads too slowly gets exact counts of its kinds, and all of its comments",
  async (wire) => {
    const video = `slow-${wire}`;
    const slow = await open(wire, video, { kinds: ["like", "comment"] });
    const quick = await open("json", video, { kinds: ["like"] });
    await stack().mirrored(video, 2);
    const source = slow instanceof TestSocket ? slow.socket : slow.response;
    source.pause();
    const dropped = () => metric(stack().gateway, "ovation_gateway_events_dropped_total");
    const before = await dropped();
    let rounds = 0;
    for (; (await dropped()) === before; rounds += 1) {
      const data = "x".repeat(2_000);
      await publish(video, [
        ...times(100, { kind: "like", data }),
        { kind: "wave" },
        { kind: "gift" },
        { kind: "comment", id: `c${rounds}` },
      ]);
      await quick.until(() => quick.total(video, "like") === 100 * (rounds + 1));
    }
    source.resume();
    await slow.until(() => slow.total(video, "like") === 100 * rounds);
    await slow.until(() => slow.total(video, "comment") === rounds);
    const all = Array.from({ length: rounds }, (_, round) => `c${round}`);
    expect(idsOf(slow, video, "comment")).toEqual(all);
    expect(kindsOf(slow, video)).toEqual(new Set(["like", "comment"]));
    expect(new Set(slow.totals.get(video)?.keys())).toEqual(new Set(["like", "comment"]));
    expect(slow.messages.filter(({ op }) => op === "reset")).toEqual([]);
    slow.close();
    quick.close();
  },
);

test("numbers alone and hidden viewers are not counted, and get events all the same", async () => {
  const video = "lobby";
  const uncounted = await Promise.all(
    TEST_WIRES.flatMap((wire) => [
      open(wire, video, { kinds: ["viewers"] }),
      open(wire, video, { hidden: true }),
      open(wire, video, { hidden: true, kinds: ["viewers", "like"] }),
    ]),
  );
  const untilAll = async (viewers: number) => {
    await Promise.all(
      uncounted.map((viewer) => viewer.until(() => viewersOf(viewer, video) === viewers)),
    );
  };
  await untilAll(0);
  await publish(video, [{ kind: "like" }]);
  const hidden = uncounted.filter((_, index) => index % 3 > 0);
  await Promise.all(hidden.map((viewer) => viewer.until(() => viewer.total(video, "like") === 1)));
  const counted = await Promise.all([
    open("json", video),
    open("sse", video, { hidden: false, kinds: ["viewers", "like"] }),
  ]);
  await untilAll(2);
  for (const viewer of counted) viewer.close();
  await untilAll(0);
  for (const viewer of uncounted) viewer.close();
  await eventually(() => stack().dispatchers.every(({ routes }) => routes.videoCount === 0));
});

test("without a durable kind there is no position, and none is asked for", async () => {
  for (const wire of TEST_WIRES) {
    const request = { kinds: ["viewers", "like"], after: 7, epoch: "another", last: 5 };
    const viewer = await open(wire, "past-json", request);
    await viewer.until(() => viewersOf(viewer, "past-json") !== undefined);
    for (const field of ["seq", "epoch", "recovered"]) {
      expect(viewer.messages.some((message) => field in message)).toBe(false);
    }
    if (viewer instanceof TestEventStream) expect(viewer.ids).toEqual([]);
    viewer.close();
  }
});

test.each(TEST_WIRES)(
  "state and totals are told over %s as the filter allows, first and by change, also to who continues",
  async (wire) => {
    const video = `state-${wire}`;
    await publish(video, [
      { kind: "score", data: 1 },
      { kind: "banner", data: "Hello" },
    ]);
    // Holds the video, so that filters begin with what is known here.
    const all = await open("json", video);
    await stack().mirrored(video, 1);
    await publish(video, [{ kind: "comment", id: "c1", data: { text: "Hello" } }]);
    await all.until(() => idsOf(all, video, "comment").length === 1);
    const { epoch, seq: before } = all.subscription as { epoch: string; seq: number };
    const score = await open(wire, video, { kinds: ["score", "like"] });
    const back = await open(wire, video, { kinds: ["score", "comment"], after: before, epoch });
    const numbers = await open(wire, video, { kinds: ["totals"] });
    for (const viewer of [score, back]) {
      await viewer.until(() => viewer.of(video, "score").at(-1)?.data === 1);
      expect(answerTo(viewer)).toMatchObject({ state: { score: 1 } });
      expect(answerTo(viewer)).not.toHaveProperty("totals");
    }
    await back.until(() => idsOf(back, video, "comment").length === 1);
    expect(answerTo(numbers)).toMatchObject({ state: {}, totals: expect.anything() });
    await publish(video, [
      { kind: "banner", data: "Bye" },
      { kind: "score", data: 2 },
    ]);
    await publish(video, [{ kind: "score", data: null }]);
    for (const viewer of [score, back]) {
      await viewer.until(() => viewer.of(video, "score").at(-1)?.data === undefined);
    }
    expect([...kindsOf(score, video)]).toEqual(["score"]);
    expect([...kindsOf(back, video)].sort()).toEqual(["comment", "score"]);
    expect([...kindsOf(numbers, video)]).toEqual(["totals"]);
    for (const viewer of [all, score, back, numbers]) viewer.close();
  },
);

test("a video has 16 different filters at most, besides those of numbers alone", async () => {
  const names = ["like", "wave", "comment", "gift", "viewers"];
  // All but the one of numbers alone.
  const subsets = Array.from({ length: 2 ** names.length - 1 }, (_, bits) =>
    names.filter((__, index) => ((bits + 1) >> index) & 1),
  ).filter((kinds) => kinds.join() !== "viewers");
  const { port } = stack().gateway;
  const sockets = await Promise.all(subsets.map(() => TestSocket.connect(port)));
  const subscribe = async (index: number, kinds = subsets[index]) =>
    await sockets[index]?.ask("subscribe", { video: "many", kinds });
  const filters = async () => await metric(stack().gateway, "ovation_gateway_filters");
  const answers = await Promise.all(subsets.map(async (_, index) => await subscribe(index)));
  expect(answers.filter((answer) => answer?.op === "result")).toHaveLength(FILTERS_LIMIT);
  expect(await filters()).toBe(FILTERS_LIMIT);
  const exceeded = { code: "filters_exceeded", field: "kinds", limit: FILTERS_LIMIT };
  const isRefused = answers.map((answer) => answer?.op === "error");
  const refused = isRefused.indexOf(true);
  const accepted = isRefused.indexOf(false);
  expect(answers[refused]).toMatchObject(exceeded);
  const query = `?kinds=${subsets[refused]?.join()}`;
  const stream = await TestEventStream.open(port, "many", { query });
  await stream.until(() => stream.isEnded);
  expect(stream.messages).toMatchObject([exceeded]);
  // Numbers alone, and a filter that others have, in another order and with a repeat.
  const known = subsets[accepted] ?? [];
  expect(await subscribe(refused, ["viewers"])).toMatchObject({ op: "result" });
  const other = isRefused.indexOf(true, refused + 1);
  const again = await subscribe(other, [...known.toReversed(), ...known]);
  expect(again).toMatchObject({ op: "result" });
  // The last viewer of a filter makes room.
  await sockets[other]?.ask("unsubscribe", { video: "many" });
  await sockets[accepted]?.ask("unsubscribe", { video: "many" });
  expect(await subscribe(other)).toMatchObject({ op: "result" });
  for (const socket of sockets) void socket.close();
  await eventually(async () => (await filters()) === 0);
});

test("a poll with another filter begins anew", async () => {
  const poll = async (query: string) => {
    const { port } = stack().gateway;
    const response = await fetch(`http://127.0.0.1:${port}/v1/videos/polled/events?${query}`);
    return await response.text();
  };
  const next = (text: string) => /"next":"([^"]+)"/.exec(text)?.[1] ?? "";
  const first = await poll("wait=5000&kinds=like");
  const same = await poll(`wait=0&kinds=like&poll=${next(first)}`);
  const other = await poll(`wait=5000&kinds=viewers&poll=${next(same)}`);
  expect([first, same, other].map((text) => text.includes('"op":"result"'))).toEqual([
    true,
    false,
    true,
  ]);
});

const MANY = Array.from({ length: 65 }, () => "like");
test.each([
  ["no kinds", [], "", "field_invalid", "kinds"],
  ["a kind that is not there", ["like", "clap"], "like,clap", "kind_unknown", "kinds[1]"],
  ["a text with NUL", ["like\u0000"], "like%00", "kind_unknown", "kinds[0]"],
  ["65 kinds", MANY, MANY.join(), "field_invalid", "kinds"],
  ["a number", [1], undefined, "field_invalid", "kinds[0]"],
  ["a text in place of a list", "like", undefined, "field_invalid", "kinds"],
  ["two lists", undefined, "like&kinds=wave", "field_invalid", "kinds"],
])("%s: a filter that is refused", async (_, kinds, query, code, field) => {
  const { port } = stack().gateway;
  const socket = await TestSocket.connect(port);
  if (kinds !== undefined) {
    const answer = await socket.ask("subscribe", { video: "bad", kinds });
    expect(answer).toMatchObject({ op: "error", code, field });
  }
  if (query !== undefined) {
    const response = await fetch(`http://127.0.0.1:${port}/v1/videos/bad/events?kinds=${query}`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code, field } });
  }
  await socket.close();
});

/** Viewers that ask for slower frames get fewer of them, and miss nothing by it. */
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { ask } from "../support/raw.ts";
import { metric } from "../support/stack.ts";
import { useTestStack } from "../support/use-test-stack.ts";
import { post, TestEventStream, TestSocket, watch } from "../support/viewer.ts";

const SLOWEST_MS = 10_000;
const PACES_MS = [0, 100, 250, 500, 1_000, 2_500, 5_000, SLOWEST_MS];

const stack = useTestStack({ gateway: { frameEvents: 20, frameIntervalMinMs: 0 } });

type Viewer = TestSocket | TestEventStream;

const framesOf = (viewer: Viewer) => viewer.messages.filter(({ op }) => op === "events").length;
const idsOf = (viewer: Viewer, video: string) => viewer.of(video, "comment").map(({ id }) => id);

async function publish(video: string, events: readonly object[]): Promise<void> {
  expect(await post(stack().gateway.port, video, events)).toMatchObject({ status: 200 });
}

async function pace(viewer: TestSocket, everyMs: number): Promise<unknown> {
  return await viewer.ask("pace", { everyMs });
}

test("a viewer with slower frames gets all comments and exact counts in few frames, and what is left at once when it is back", async () => {
  const { port } = stack().gateway;
  const quick = await watch("msgpack", port, "slow");
  const slow = await Promise.all(
    (["msgpack", "json"] as const).map(async (wire) => {
      const viewer = await TestSocket.connect(port, wire);
      // Asked for before, it holds for what is watched later.
      expect(await pace(viewer, SLOWEST_MS)).toMatchObject({ op: "result", everyMs: SLOWEST_MS });
      await viewer.ask("subscribe", { video: "slow" });
      return viewer;
    }),
  );
  const stream = await TestEventStream.open(port, "slow", { query: "?everyMs=600" });
  await stack().mirrored("slow", 4);
  const comments: string[] = [];
  for (let round = 1; round <= 12; round += 1) {
    const likes = Array.from({ length: 30 }, () => ({ kind: "like" }));
    comments.push(`c${round}`);
    await publish("slow", [...likes, { kind: "comment", id: `c${round}` }]);
    await quick.until(() => quick.total("slow", "like") === 30 * round);
    await quick.until(() => idsOf(quick, "slow").length === round);
  }
  for (const viewer of slow) {
    // One at once, and those of the moments that passed meanwhile.
    expect(framesOf(viewer)).toBeGreaterThan(0);
    expect(framesOf(viewer)).toBeLessThan(framesOf(quick) / 3);
    await pace(viewer, 0);
  }
  for (const viewer of [...slow, stream]) {
    await viewer.until(() => viewer.total("slow", "like") >= 360);
    await viewer.until(() => idsOf(viewer, "slow").length >= 12);
    expect(viewer.total("slow", "like")).toBe(360);
    expect(idsOf(viewer, "slow")).toEqual(comments);
  }
  expect(framesOf(stream)).toBeLessThan(framesOf(quick));
  // Who doesn't ask gets the same as without them.
  expect(quick.total("slow", "like")).toBe(360);
  await Promise.all([quick, ...slow, stream].map((viewer) => viewer.close()));
});

test("however often viewers change their pace, each gets every comment once and in order, and exact counts", async () => {
  const { port } = stack().gateway;
  const viewers = await Promise.all(
    Array.from({ length: 8 }, async (_, n) => {
      const viewer = await TestSocket.connect(port, n % 2 === 0 ? "msgpack" : "json");
      await viewer.ask("subscribe", { video: "changes" });
      return viewer;
    }),
  );
  await stack().mirrored("changes", viewers.length);
  for (let round = 1; round <= 20; round += 1) {
    await publish("changes", [
      ...Array.from({ length: 1 + (round % 30) }, () => ({ kind: "like" })),
      { kind: "comment", id: `c${round}` },
    ]);
    const changing = viewers.filter((_, n) => (n + round) % 3 === 0);
    await Promise.all(
      changing.map((viewer, n) => pace(viewer, PACES_MS[(7 * round + 3 * n) % 8] ?? 0)),
    );
  }
  const likes = Array.from({ length: 20 }, (_, n) => 1 + ((n + 1) % 30)).reduce((a, b) => a + b);
  await Promise.all(viewers.map((viewer) => pace(viewer, 0)));
  for (const viewer of viewers) {
    await viewer.until(() => idsOf(viewer, "changes").length >= 20);
    await viewer.until(() => viewer.total("changes", "like") >= likes);
    expect(idsOf(viewer, "changes")).toEqual(Array.from({ length: 20 }, (_, n) => `c${n + 1}`));
    expect(viewer.total("changes", "like")).toBe(likes);
  }
  await Promise.all(viewers.map((viewer) => viewer.close()));
});

test("what a page of several videos gets at once is one write", async () => {
  const { port } = stack().gateway;
  const videos = ["page-1", "page-2", "page-3"];
  const viewer = await TestSocket.connect(port, "msgpack");
  for (const video of videos) await viewer.ask("subscribe", { video });
  for (const video of videos) await stack().mirrored(video, 1);
  await pace(viewer, SLOWEST_MS);
  const before = await metric(stack().gateway, "ovation_gateway_writes_saved_total");
  const saved = async () =>
    (await metric(stack().gateway, "ovation_gateway_writes_saved_total")) - before;
  // The first of each comes at once; of the next ones, those whose moment has not come wait.
  await eventually(async () => {
    for (const video of videos) await publish(video, [{ kind: "like" }]);
    await pace(viewer, 0);
    await pace(viewer, SLOWEST_MS);
    return (await saved()) >= 2;
  });
  await viewer.close();
});

test("there are eight paces: others are rounded to the next faster one", async () => {
  const viewer = await TestSocket.connect(stack().gateway.port, "json");
  for (const [asked, everyMs] of [
    ...PACES_MS.map((one) => [one, one] as const),
    [99, 0],
    [9_999, 5_000],
  ] as const) {
    expect(await pace(viewer, asked)).toMatchObject({ op: "result", everyMs });
  }
  await viewer.close();
});

test.each([-1, 0.5, SLOWEST_MS + 1, "100", null, undefined])(
  "a pace of %j is refused by name",
  async (everyMs) => {
    const viewer = await TestSocket.connect(stack().gateway.port, "msgpack");
    const refusal = { code: "field_invalid", field: "everyMs" };
    expect(await viewer.ask("pace", { everyMs })).toMatchObject({ op: "error", ...refusal });
    expect(await viewer.ask("ping", {})).toMatchObject({ op: "result" });
    await viewer.close();
    if (typeof everyMs !== "number") return;
    const headers = { accept: "text/event-stream" };
    const path = `/v1/videos/bad/events?everyMs=${everyMs}`;
    const { status, error } = await ask(stack().gateway.port, { path, headers });
    expect({ status, error }).toMatchObject({ status: 400, error: refusal });
    expect(error?.["message"]).toContain(String(SLOWEST_MS));
  },
);

/** What viewers are told of a video's totals, whoever counted them and whenever they come. */
import { expect, test } from "vitest";
import { totalsOf, untilTotals } from "../support/totals.ts";
import { useTestStack } from "../support/use-test-stack.ts";
import { post, TestSocket, watch } from "../support/viewer.ts";

const kinds = [
  { name: "like", deliveryClass: "transient" },
  { name: "comment", deliveryClass: "durable", schema: {} },
  { name: "react", deliveryClass: "transient", variants: "any" },
  { name: "cheer", deliveryClass: "transient", variants: ["yes", "no"] },
  { name: "score", deliveryClass: "latest" },
] as const;
const shared = { kinds, totalsIntervalMs: 100 };
const stack = useTestStack({
  gateways: 2,
  dispatchers: 2,
  gateway: { ...shared, lingerMs: 0 },
  dispatcher: shared,
});

const ports = () => stack().gateways.map(({ port }) => port);
const portAt = (index: number) => stack().gatewayAt(index).port;

async function publishAll(video: string, events: readonly object[]): Promise<void> {
  for (const [index, event] of events.entries()) {
    expect(await post(portAt(index), video, event)).toMatchObject({ status: 200 });
  }
}

const react = (variant: unknown) => ({ kind: "react", data: { variant } });

test("whoever comes at any gateway is told what was counted before, at once", async () => {
  const video = "late";
  const early = await watch("msgpack", portAt(0), video);
  const likes = Array.from({ length: 30 }, () => ({ kind: "like" }));
  await publishAll(video, [...likes, { kind: "comment" }, { kind: "comment" }, { kind: "score" }]);
  await untilTotals(early, video, { comment: 2, like: 30 });
  for (const port of ports()) {
    const late = await watch("json", port, video);
    expect(late.subscription["totals"]).toEqual({ comment: 2, like: 30 });
    await untilTotals(late, video, { comment: 2, like: 30 });
    await late.close();
  }
  await early.close();
});

test("what was counted before the first viewer came is told too", async () => {
  await publishAll("unwatched", [{ kind: "like" }, { kind: "like" }, { kind: "comment" }]);
  for (const port of ports()) {
    const viewer = await watch("msgpack", port, "unwatched");
    await untilTotals(viewer, "unwatched", { comment: 1, like: 2 });
    await viewer.close();
  }
});

test("totals are sent only when they change, and no more often than once an interval", async () => {
  const video = "seldom";
  const viewer = await watch("json", portAt(0), video);
  for (let count = 0; count < 50; count += 1) await publishAll(video, [{ kind: "like" }]);
  await untilTotals(viewer, video, { like: 50 });
  const sent = viewer.of(video, "totals");
  const different = new Set(sent.map(({ data }) => JSON.stringify(data)));
  expect(different.size).toBe(sent.length);
  const times = sent.map(({ at }) => at);
  for (const [index, at] of times.entries()) {
    // By a clock that counts whole milliseconds.
    if (index > 0) expect(at - (times[index - 1] ?? 0)).toBeGreaterThanOrEqual(98);
  }
  await viewer.close();
});

test("a comment that is deleted is not counted any more, once", async () => {
  const video = "deleted";
  const viewer = await watch("json", portAt(0), video);
  await publishAll(video, [
    { kind: "comment", id: "a" },
    { kind: "comment", id: "b" },
  ]);
  await untilTotals(viewer, video, { comment: 2 });
  for (const port of ports()) {
    const url = `http://127.0.0.1:${port}/v1/videos/${video}/events/a`;
    expect((await fetch(url, { method: "DELETE" })).status).toBe(200);
  }
  await untilTotals(viewer, video, { comment: 1 });
  const late = await watch("json", portAt(1), video);
  await untilTotals(late, video, { comment: 1 });
  await late.close();
  await viewer.close();
});

test("reactions are counted by variant, in totals and in frames that don't hold them all", async () => {
  const video = "reactions";
  const viewer = await watch("msgpack", portAt(0), video);
  const events = Array.from({ length: 1_000 }, (_, index) => react(index % 4 === 0 ? "🔥" : "❤️"));
  expect(await post(portAt(1), video, events)).toMatchObject({ status: 200 });
  const counts = { react: 1_000, "react:🔥": 250, "react:❤️": 750 };
  await untilTotals(viewer, video, counts);
  await viewer.until(() => viewer.total(video, "react") === 1_000);
  const sampled = viewer.messages.find((message) => message.op === "events" && message.counts);
  expect(sampled).toMatchObject({ counts });
  await viewer.close();
});

test.each([
  ["none", { kind: "react" }, "variant_invalid"],
  ["a number", react(1), "variant_invalid"],
  ["an empty one", react(""), "variant_invalid"],
  ["33 bytes", react("x".repeat(33)), "variant_invalid"],
  ["36 bytes in 9 characters", react("🔥".repeat(9)), "variant_invalid"],
  ["one that isn't NFC", react("e\u0301"), "variant_invalid"],
  ["a control character", react("a\u0000"), "variant_invalid"],
  ["one that isn't listed", { kind: "cheer", data: { variant: "maybe" } }, "variant_unknown"],
])("as a variant, %s is refused, and the error names the field", async (_name, event, code) => {
  const { status, body } = await post(portAt(0), "refused", event);
  expect([status, body["error"]]).toMatchObject([400, { code, field: "data.variant" }]);
});

test("of a kind that takes any variant, a video has the first 64, whichever dispatcher took them", async () => {
  const video = "many";
  const names = Array.from({ length: 64 }, (_, index) => `v${index}`);
  await Promise.all(names.map((name, index) => publishAll(video, [react(name)]).then(() => index)));
  for (let attempt = 0; attempt < 4; attempt += 1) {
    const list = [react("v0"), react("v64")];
    const { status, body } = await post(portAt(attempt), video, list);
    expect([status, body["error"]]).toMatchObject([
      400,
      { code: "variants_exceeded", field: "events[1].data.variant", limit: 64 },
    ]);
  }
  await publishAll(video, [react("v63"), react("v0")]);
  const viewer = await watch("json", portAt(0), video);
  await viewer.until(() => totalsOf(viewer, video)?.["react"] === 66);
  expect(Object.keys(totalsOf(viewer, video) ?? {})).toHaveLength(65);
  await viewer.close();
});

test("totals that are set are counted on from, also when they are lower than before", async () => {
  const video = "moved";
  const viewers = await Promise.all(ports().map((port) => watch("json", port, video)));
  await publishAll(video, [{ kind: "like" }, { kind: "comment" }, react("a"), react("a")]);
  for (const viewer of viewers) {
    await untilTotals(viewer, video, { comment: 1, like: 1, react: 2, "react:a": 2 });
  }
  const put = async (totals: object) => {
    const url = `http://127.0.0.1:${portAt(1)}/v1/videos/${video}/totals`;
    const body = JSON.stringify({ totals });
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch(url, { method: "PUT", headers, body });
    return [answer.status, await answer.json()];
  };
  const most = Number.MAX_SAFE_INTEGER;
  const set = { like: 12_000, comment: 500, "react:a": 1, "react:b": most };
  const all = { ...set, react: 2 };
  expect(await put(set)).toEqual([200, { video, totals: all }]);
  await publishAll(video, [{ kind: "like" }, { kind: "comment" }, react("b")]);
  const after = { ...all, like: 12_001, comment: 501, react: 3 };
  for (const viewer of viewers) await untilTotals(viewer, video, after);
  expect(await put({ nothing: 1 })).toMatchObject([
    400,
    { error: { code: "kind_unknown", field: "totals.nothing" } },
  ]);
  expect(await put({ viewers: 1 })).toMatchObject([
    400,
    { error: { code: "kind_reserved", field: "totals.viewers" } },
  ]);
  expect(await put({ score: 1 })).toMatchObject([
    400,
    { error: { code: "field_invalid", field: "totals.score" } },
  ]);
  expect(await put({ "like:a": 1 })).toMatchObject([
    400,
    { error: { code: "variant_unknown", field: "totals.like:a" } },
  ]);
  for (const viewer of viewers) await viewer.close();
});

test("a dispatcher that is stopped leaves exact totals", async () => {
  const video = "stopped";
  const slow = { totalsIntervalMs: 60_000 };
  const leaving = await stack().addDispatcher(slow);
  const publisher = await TestSocket.connect(portAt(0));
  for (let round = 0; round < 4; round += 1) {
    const asked = Array.from({ length: 50 }, () =>
      publisher.ask("publish", { video, kind: "like" }),
    );
    for (const answer of await Promise.all(asked)) expect(answer.op).toBe("result");
  }
  await leaving.drain();
  await leaving.stop();
  stack().dispatchers.pop();
  const viewer = await watch("json", portAt(1), video);
  await untilTotals(viewer, video, { like: 200 });
  await viewer.close();
  await publisher.close();
});

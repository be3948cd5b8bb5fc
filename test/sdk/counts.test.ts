/** Videos with a filter in the SDK: lobbies, some kinds only, hidden viewers. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { OvationEvent, VideoCounts } from "../../sdk/index.ts";
import { eventually } from "../support/eventually.ts";
import { Recorder } from "../support/recorder.ts";
import { TestStack } from "../support/stack.ts";
import { client, connected, likesArrive, listen, statesOf } from "./support/client.ts";

const KINDS = [
  { name: "like", deliveryClass: "transient" },
  { name: "comment", deliveryClass: "durable", schema: {} },
  { name: "gift", deliveryClass: "durable" },
] as const;
const SETTINGS = { kinds: KINDS, countIntervalMs: 50 };
let stack: TestStack;
beforeAll(async () => {
  stack = await TestStack.start({ gateway: { ...SETTINGS, lingerMs: 0 }, dispatcher: SETTINGS });
});
afterAll(async () => await stack?.stop());

const make = (transport: "websocket" | "sse" = "websocket") =>
  client(`http://127.0.0.1:${stack.gateway.port}`, { transport });

const idsOf = (events: Recorder<OvationEvent>) => events.all.map(({ data }) => data);

test.each(["websocket", "sse"] as const)(
  "a lobby over %s shows the numbers of its videos, and is not counted",
  async (transport) => {
    const ids = ["a", "b", "c"].map((id) => `${transport}-${id}`);
    const [first = "", second = ""] = ids;
    const ovation = make(transport);
    const lobby = ovation.counts([...ids, first]);
    const changes = new Recorder<Readonly<Record<string, VideoCounts>>>();
    const off = lobby.onChange(changes.take);
    const until = async (numbers: Record<string, number>) => {
      await changes.first((counts) =>
        Object.entries(numbers).every(([id, viewers]) => counts[id]?.viewers === viewers),
      );
    };
    await until({ [first]: 0, [second]: 0 });
    expect(ovation.state.name).toBe("connected");
    const watching = [listen(make(), first), listen(make(), first), listen(make(), second)];
    await until({ [first]: 2, [second]: 1 });
    expect(lobby.current[first]).toMatchObject({ viewers: 2, totals: {} });
    // The same client may watch a video of its lobby, and is counted as soon as it does.
    const own = listen(ovation, second);
    await until({ [first]: 2, [second]: 2 });
    await likesArrive(ovation, second, own.events);
    for (const one of [...watching, own]) one.off();
    off();
    await eventually(() => stack.dispatchers.every(({ routes }) => routes.videoCount === 0));
  },
);

test.each(["websocket", "sse"] as const)(
  "a video with some kinds gets these alone over %s, past ones first, and misses none between others",
  async (transport) => {
    const id = `kinds-${transport}`;
    const publisher = make();
    const publish = async (kind: string, data: string) =>
      await publisher.video(id).publish(kind, data);
    for (const n of [1, 2, 3]) {
      await publish("comment", `old ${n}`);
      await publish("gift", "none");
    }
    const ovation = make(transport);
    const video = ovation.video(id, { kinds: ["comment", "like"], history: 2 });
    const comments = new Recorder<OvationEvent>();
    const kinds = new Set<string>();
    const missed = new Recorder<unknown>();
    video.on("comment", comments.take);
    video.onMissed(missed.take);
    video.onFrame(({ events }) => {
      for (const { kind } of events) kinds.add(kind);
    });
    await comments.first(() => comments.all.length === 2);
    for (const n of [1, 2, 3]) {
      await publish("gift", "none");
      await publish("comment", `new ${n}`);
    }
    await comments.first(({ data }) => data === "new 3");
    expect(idsOf(comments)).toEqual(["old 2", "old 3", "new 1", "new 2", "new 3"]);
    // What it publishes comes back to it, over its other connection.
    const likes = new Recorder<OvationEvent>();
    video.on("like", likes.take);
    await eventually(async () => {
      await video.publish("like");
      return likes.all.length > 0;
    });
    expect(kinds).toEqual(new Set(["comment", "like"]));
    expect(missed.all).toEqual([]);
  },
);

test("a hidden video is not counted, and gets everything", async () => {
  const ovation = make();
  const comments = new Recorder<OvationEvent>();
  ovation.video("hidden", { hidden: true }).on("comment", comments.take);
  const counted = listen(make(), "hidden");
  await counted.joined();
  await eventually(async () => {
    await ovation.video("hidden").publish("comment", "seen");
    return comments.all.length > 0;
  });
  await stack.mirrored("hidden", 1);
});

test("its connection is closed with the last listener, opened with the next, and with the client", async () => {
  const ovation = make();
  const states = statesOf(ovation);
  const watch = () => ovation.counts(["closing"]).onChange(() => undefined);
  const off = watch();
  await connected(ovation);
  off();
  await states.first(({ name }) => name === "idle");
  watch();
  await connected(ovation);
  ovation.close();
  const isUnwatched = () =>
    stack.dispatchers.every(({ routes }) => routes.subjects("closing").length === 0);
  await eventually(isUnwatched);
  watch();
  expect(ovation.state.name).toBe("closed");
  ovation.connect();
  await stack.mirrored("closing", 0);
  await eventually(() => !isUnwatched());
});

test("what can't be a filter or a lobby is refused at once, and unknown kinds are reported", async () => {
  const ovation = make();
  const loose = ovation as unknown as {
    video(id: string, options: object): unknown;
    counts(ids: unknown): unknown;
  };
  expect(() => loose.video("a", { kinds: [] })).toThrow(RangeError);
  expect(() => loose.video("a", { kinds: "like" })).toThrow(TypeError);
  expect(() => loose.video("a", { hidden: 1 })).toThrow(TypeError);
  expect(() => loose.counts([])).toThrow(RangeError);
  expect(() => loose.counts(Array.from({ length: 101 }, (_, n) => `v${n}`))).toThrow(RangeError);
  expect(() => loose.counts("launch")).toThrow(TypeError);
  expect(() => loose.counts(["not a video"])).toThrow(
    expect.objectContaining({ code: "video_invalid" }),
  );
  const errors = new Recorder<{ readonly code: string; readonly video?: string | undefined }>();
  ovation.onError(errors.take);
  ovation.video("odd", { kinds: ["nothing"] }).watch();
  expect(await errors.first(() => true)).toMatchObject({ code: "kind_unknown", video: "odd" });
});

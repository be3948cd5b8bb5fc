/** A picture that is behind, and a recording, against a real gateway. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Missed, OvationError, OvationEvent } from "../../sdk/index.ts";
import { eventually } from "../support/eventually.ts";
import { Recorder } from "../support/recorder.ts";
import { TestStack } from "../support/stack.ts";
import { post } from "../support/viewer.ts";
import { client } from "./support/client.ts";

const KINDS = [
  { name: "like", deliveryClass: "transient" },
  { name: "comment", deliveryClass: "durable" },
  { name: "score", deliveryClass: "state" },
] as const;
let stack: TestStack;
beforeAll(async () => {
  stack = await TestStack.start({
    dispatchers: 1,
    gateway: { kinds: [...KINDS] },
    dispatcher: { kinds: [...KINDS], totalsIntervalMs: 50 },
  });
});
afterAll(async () => await stack?.stop());
const url = () => `http://127.0.0.1:${stack.gateway.port}`;

async function publish(video: string, kind: string, id: string, data?: unknown): Promise<void> {
  expect(await post(stack.gateway.port, video, { kind, id, data })).toMatchObject({
    status: 200,
  });
}

describe("a viewer whose picture is behind", () => {
  test("sees comments, likes, totals and state with the picture, and its own comment at once", async () => {
    let playhead = new Date(0);
    const live = client(url()).video("behind");
    const video = client(url()).video("behind", { playhead: () => playhead });
    const [arrived, shown] = [new Recorder<OvationEvent>(), new Recorder<OvationEvent>()];
    const [viewers, scores] = [new Recorder<OvationEvent>(), new Recorder<unknown>()];
    const totals = new Recorder<number>();
    live.on("comment", arrived.take);
    video.on("comment", shown.take);
    video.on("viewers", viewers.take);
    video.state("score").onChange(scores.take);
    video.totals.onChange(({ like = 0 }) => totals.take(like));
    await viewers.first(() => video.viewers === 2);
    await publish("behind", "score", "s1", "1:0");
    await publish("behind", "like", "l1");
    await publish("behind", "comment", "c1", { text: "Goal" });
    await arrived.first(({ id }) => id === "c1");
    const own = await video.publish("comment", { text: "mine" });
    await shown.first(({ id }) => id === own.eventId);
    expect(shown.all.map(({ id }) => id)).toEqual([own.eventId]);
    expect(video.recent).toEqual([]);
    expect(totals.all.filter((likes) => likes > 0)).toEqual([]);
    playhead = new Date(arrived.all[0]?.at ?? 0);
    await shown.first(({ id }) => id === "c1");
    expect(await scores.first((score) => score !== undefined)).toBe("1:0");
    expect(await totals.first((likes) => likes > 0)).toBe(1);
  });
});

test("a playhead that throws is reported, and the video is watched nevertheless", async () => {
  const ovation = client(url());
  const errors = new Recorder<OvationError>();
  const viewers = new Recorder<OvationEvent>();
  ovation.onError(errors.take);
  const playhead = () => {
    throw new Error("no player");
  };
  ovation.video("failing", { playhead }).on("viewers", viewers.take);
  expect(await errors.first(() => true)).toMatchObject({
    code: "playhead_invalid",
    video: "failing",
  });
  await viewers.first(() => true);
});

describe("a recording", () => {
  test("is played with the comments and the likes of then, and again after a seek", async () => {
    const from = Date.now() - (Date.now() % 10_000);
    for (let n = 1; n <= 30; n += 1) await publish("recorded", "like", `l${n}`);
    for (let n = 1; n <= 5; n += 1) await publish("recorded", "comment", `c${n}`, { text: `${n}` });
    const to = Date.now() - (Date.now() % 10_000) + 10_000;
    await eventually(async () => {
      const query = `from=${from}&to=${to}&step=10000`;
      const answer = await fetch(`${url()}/v1/videos/recorded/timeline?${query}`);
      const { points } = (await answer.json()) as { points: { counts: { like?: number } }[] };
      return points.reduce((sum, { counts }) => sum + (counts.like ?? 0), 0) === 30;
    });
    // Each time that it is read, the picture has gone on by a second.
    let moment = from - 1_000;
    const playhead = () => {
      moment = Math.min(moment + 1_000, to);
      return new Date(moment);
    };
    const recorded = client(url()).video("recorded").replay({ from, to, playhead });
    const [comments, missed] = [new Recorder<OvationEvent>(), new Recorder<Missed>()];
    const totals = new Recorder<number>();
    let likes = 0;
    recorded.on("comment", comments.take);
    recorded.onMissed(missed.take);
    recorded.onFrame(({ counts }) => {
      likes += counts["like"] ?? 0;
    });
    recorded.totals.onChange(({ like = 0 }) => totals.take(like));
    await eventually(() => likes === 30);
    const ids = ["c1", "c2", "c3", "c4", "c5"];
    await comments.first(({ id }) => id === "c5");
    expect(comments.all.map(({ id }) => id)).toEqual(ids);
    expect(missed.all).toEqual([]);
    await eventually(() => totals.all.at(-1) === 30);
    moment = from - 1_000;
    await missed.first(({ isNewHistory }) => isNewHistory);
    await eventually(() => likes === 60 && comments.all.length === 10);
    expect(comments.all.slice(5).map(({ id }) => id)).toEqual(ids);
    await totals.until((all) => all.includes(0) && all.at(-1) === 30);
  });

  test("is refused at the call when its part is not a time, or ends before it begins", () => {
    const video = client(url()).video("any");
    const playhead = () => undefined;
    expect(() => video.replay({ from: 5, to: 4, playhead })).toThrow(RangeError);
    expect(() => video.replay({ from: new Date(Number.NaN), to: 4, playhead })).toThrow("from");
    expect(() => video.replay({ from: 1, to: 2, playhead: 5 as never })).toThrow(TypeError);
  });
});

/** Clients that go on from a position that an earlier one has stored: `after`. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Missed, OvationEvent, Position, VideoOptions } from "../../sdk/index.ts";
import { Recorder } from "../support/recorder.ts";
import { TestStack } from "../support/stack.ts";
import { post } from "../support/viewer.ts";
import { client } from "./support/client.ts";

const KEPT = 6;
let stack: TestStack;
let url: string;
beforeAll(async () => {
  const settings = { historyEvents: KEPT };
  stack = await TestStack.start({ gateway: settings, dispatcher: settings });
  url = `http://127.0.0.1:${stack.gateway.port}`;
});
afterAll(async () => await stack?.stop());

/** Stores comments with these ids, each by itself. Returns their seqs. */
async function comment(video: string, ...ids: string[]): Promise<number[]> {
  const seqs: number[] = [];
  for (const id of ids) {
    const { status, body } = await post(stack.gateway.port, video, { kind: "comment", id });
    expect(status).toBe(200);
    seqs.push(...(body["seqs"] as number[]));
  }
  return seqs;
}

const idsOf = (events: readonly OvationEvent[]) => events.map(({ id }) => id);

describe.each(["websocket", "sse"] as const)("over %s", (transport) => {
  /** A process that follows a video, and what it gets. */
  function follow(id: string, options: VideoOptions) {
    const ovation = client(url, { transport });
    const video = ovation.video(id, options);
    const comments = new Recorder<OvationEvent>();
    const deleted = new Recorder<string>();
    const missed = new Recorder<Missed>();
    video.onMissed(missed.take);
    video.on("comment", comments.take);
    video.on("retracted", ({ data }) => deleted.take(data.id));
    return { video, comments, deleted, missed, stop: () => ovation.close() };
  }

  /** Gets one comment and stores how far it is. */
  async function positionIn(id: string): Promise<Position> {
    const first = follow(id, { history: 1 });
    const { seq = 0 } = await first.comments.first(() => true);
    const { epoch = "" } = first.video;
    first.stop();
    return JSON.parse(JSON.stringify({ seq, epoch })) as Position;
  }

  test("gets all that came after it, deletions too, each once, and what comes", async () => {
    const id = `on-${transport}`;
    await comment(id, "seen");
    const after = await positionIn(id);
    await comment(id, "a", "b");
    const gone = await fetch(`${url}/v1/videos/${id}/events/seen`, { method: "DELETE" });
    expect(gone.status).toBe(200);
    await comment(id, "c");
    const second = follow(id, { after, history: 5 });
    await second.comments.first((event) => event.id === "c");
    await comment(id, "live");
    await second.comments.first((event) => event.id === "live");
    expect(idsOf(second.comments.all)).toEqual(["a", "b", "c", "live"]);
    expect([second.deleted.all, second.missed.all]).toEqual([["seen"], []]);
  });

  test("is told when a part is no longer kept, and gets the last comments", async () => {
    const id = `gone-${transport}`;
    await comment(id, "seen");
    const after = await positionIn(id);
    const seqs = await comment(id, ...Array.from({ length: 20 }, (_, n) => `c${n}`));
    const second = follow(id, { after, history: 2 });
    await second.comments.first((event) => event.id === "c19");
    expect(idsOf(second.comments.all)).toEqual(["c18", "c19"]);
    const oldest = seqs.at(-KEPT);
    expect(second.missed.all).toEqual([{ after: after.seq, oldest, isNewHistory: false }]);
  });

  test("is told when the position is of another history", async () => {
    const id = `other-${transport}`;
    await comment(id, "a");
    const { seq, epoch } = await positionIn(id);
    const another = epoch.replace(/.$/, (last) => (last === "a" ? "b" : "a"));
    const second = follow(id, { after: { seq, epoch: another }, history: 1 });
    await second.comments.first((event) => event.id === "a");
    expect(second.missed.all).toMatchObject([{ after: seq, isNewHistory: true }]);
  });
});

test("a position that is none is refused at once", () => {
  const { video } = client(url) as unknown as { video(id: string, options: object): void };
  const given = (after: unknown) => () => video.call(client(url), "launch", { after });
  expect(given({ seq: 1.5, epoch: "x" })).toThrow(/^seq: a whole number/);
  expect(given({ seq: 1 })).toThrow("epoch: a string is expected, not undefined");
  expect(given(7)).toThrow(TypeError);
});

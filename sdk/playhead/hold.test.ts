/** Whatever arrives and wherever the picture goes: nothing early, nothing twice, nothing lost unsaid. */
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { OvationEvent } from "../../shared/protocol/event.ts";
import type { Counts } from "../../shared/protocol/wire/server-messages.ts";
import type { Missed } from "../chain.ts";
import { isRetryable, OvationError } from "../error.ts";
import { type Frame, namesOf } from "../frame.ts";
import { notify } from "../listeners.ts";
import type { Publishing } from "../live/host.ts";
import type { Watcher } from "../watchers.ts";
import type { QueueLimits } from "./held-queue.ts";
import { Hold } from "./hold.ts";
import { receiveCore } from "./index.ts";

/** The gateways' time at which a test begins. */
const START = Date.UTC(2026, 5, 1, 20);
const SMALL: QueueLimits = { durable: 20, transient: 8, values: 6, counts: 6, notices: 3 };
const MOST = Object.values(SMALL).reduce((sum, limit) => sum + limit, 0);

receiveCore({ OvationError, isRetryable, notify });
beforeEach(() => {
  vi.useFakeTimers({ now: START });
});
afterEach(() => {
  vi.useRealTimers();
});

const settled = () => vi.advanceTimersByTimeAsync(100);

/** A video with two listeners, the picture that they see, and what they got when. */
class Room {
  playhead: number | undefined;
  readonly shown: OvationEvent[] = [];
  readonly frames: Frame[] = [];
  readonly missed: Missed[] = [];
  readonly invalid: unknown[] = [];
  /** Events that came before the picture of their time. */
  readonly early: OvationEvent[] = [];
  readonly hold: Hold;
  readonly offs: readonly (() => void)[];
  #watchers: Watcher[] = [];
  #publishes: ((publishing: Publishing) => void)[] = [];
  #seq = 0;
  #ids = 0;

  constructor(limits?: QueueLimits, read?: () => Date | undefined) {
    const host = {
      watch: (_id: string, watcher: Watcher) => {
        this.#watchers.push(watcher);
        return () => {
          this.#watchers = this.#watchers.filter((other) => other !== watcher);
        };
      },
      channel: () => ({
        isTransient: (kind: string) => kind === "like",
        position: undefined,
        epoch: undefined,
        recent: () => [],
        newest: () => undefined,
      }),
      onPublish: (listener: (publishing: Publishing) => void) => {
        this.#publishes.push(listener);
        return () => undefined;
      },
      sentAt: () => undefined,
      namesOf,
    };
    const playhead =
      read ?? (() => (this.playhead === undefined ? undefined : new Date(this.playhead)));
    const onInvalid = (cause: unknown) => void this.invalid.push(cause);
    this.hold = new Hold("launch", host, { playhead, onInvalid, ...(limits && { limits }) });
    this.offs = [
      this.hold.watch({ history: 0, onEvent: (event) => this.#show(event, this.shown) }),
      this.hold.watch({
        history: 0,
        onFrame: (frame) => {
          this.frames.push(frame);
          for (const event of frame.events) this.#show(event, []);
        },
      }),
      this.hold.watch({ history: 0, onMissed: (missed) => void this.missed.push(missed) }),
    ];
  }

  get comments(): string[] {
    return this.shown.filter(({ kind }) => kind === "comment").map(({ id }) => id);
  }

  counted(kind: string): number {
    return this.frames.reduce((sum, { counts }) => sum + (counts[kind] ?? 0), 0);
  }

  event(kind: string, at: number, id = `e${this.#ids}`, data?: unknown): OvationEvent {
    this.#ids += 1;
    if (kind !== "comment" && kind !== "retracted") return { id, kind, at, data };
    const prev = this.#seq;
    this.#seq += 1;
    return { id, kind, at, data, seq: this.#seq, prev };
  }

  arrive(events: readonly OvationEvent[], unlisted = 0): void {
    for (const event of events) for (const { onEvent } of this.#watchers) onEvent?.(event);
    const counts: Record<string, number> = {};
    for (const { kind } of events) {
      if (["like", "comment"].includes(kind)) counts[kind] = (counts[kind] ?? 0) + 1;
    }
    if (unlisted > 0) counts["like"] = (counts["like"] ?? 0) + unlisted;
    for (const { onFrame } of this.#watchers) onFrame?.({ events, counts: counts as Counts });
  }

  publish(eventId: string): void {
    const published = new Promise<never>(() => undefined);
    for (const listener of this.#publishes) {
      listener({ video: "launch", kind: "comment", data: undefined, eventId, published });
    }
  }

  #show(event: OvationEvent, list: OvationEvent[]): void {
    list.push(event);
    if (event.at > (this.playhead ?? -Infinity)) this.early.push(event);
  }
}

const frame = fc.record({
  comments: fc.nat(2),
  likes: fc.nat(4),
  unlisted: fc.nat(30),
  scores: fc.nat(1),
});
const move = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ go: 100 }) },
  { weight: 1, arbitrary: fc.record({ go: fc.integer({ min: -30_000, max: 30_000 }) }) },
  { weight: 1, arbitrary: fc.constant({ go: 0 }) },
);

describe("whatever arrives and wherever the picture goes", () => {
  test("each event is shown once, in order and not before its picture, and numbers add up", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.option(frame), move), { maxLength: 60 }),
        fc.integer({ min: 0, max: 20_000 }),
        async (steps, delayMs) => {
          vi.setSystemTime(START);
          const room = new Room(SMALL);
          let [comments, likes, most] = [0, 0, 0];
          for (const [index, [coming, { go }]] of steps.entries()) {
            if (index > 3) room.playhead = (room.playhead ?? Date.now() - delayMs) + go;
            if (coming !== null) {
              const now = Date.now();
              const events = [
                ...Array.from({ length: coming.likes }, (_, n) => room.event("like", now - n)),
                ...Array.from({ length: coming.comments }, () => room.event("comment", now)),
                ...Array.from({ length: coming.scores }, () => room.event("score", now)),
              ];
              room.arrive(events, coming.unlisted);
              comments += coming.comments;
              likes += coming.likes + coming.unlisted;
            }
            await settled();
            most = Math.max(most, room.hold.held);
          }
          // Counts without an event are of the time at which they came.
          room.playhead = Date.now() + 60_000;
          await settled();
          await settled();
          for (const off of room.offs) off();
          expect(room.early).toEqual([]);
          expect(new Set(room.comments).size).toBe(room.comments.length);
          const seqs = room.shown.flatMap(({ seq = 0 }) => (seq > 0 ? [seq] : []));
          expect(seqs).toEqual([...seqs].sort((one, other) => one - other));
          if (room.missed.length === 0) expect(room.comments).toHaveLength(comments);
          else expect(room.comments.length).toBeLessThan(comments);
          expect(room.counted("like")).toBe(likes);
          // Two listeners have a queue each.
          expect(most).toBeLessThanOrEqual(2 * MOST);
          expect(room.hold.held).toBe(0);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("a viewer whose picture is 20 s behind", () => {
  const behind = async () => {
    const room = new Room();
    room.playhead = START - 20_000;
    await settled();
    return room;
  };

  test("sees an event when the picture gets there, and its own at once", async () => {
    const room = await behind();
    room.publish("own");
    room.arrive([room.event("comment", START, "others"), room.event("comment", START, "own")]);
    await settled();
    expect(room.comments).toEqual(["own"]);
    room.playhead = START - 1;
    await settled();
    expect(room.comments).toEqual(["own"]);
    room.playhead = START;
    await settled();
    expect(room.comments).toEqual(["own", "others"]);
  });

  test("sees the number of viewers at once, and the score with the picture", async () => {
    const room = await behind();
    room.arrive([room.event("viewers", START), room.event("score", START)]);
    await settled();
    expect(room.shown.map(({ kind }) => kind)).toEqual(["viewers"]);
    room.playhead = START;
    await settled();
    expect(room.shown.map(({ kind }) => kind)).toEqual(["viewers", "score"]);
  });

  test("never sees a comment that was deleted before its picture", async () => {
    const room = await behind();
    room.arrive([room.event("comment", START, "bad"), room.event("comment", START, "good")]);
    room.arrive([room.event("retracted", START + 1, "r", { id: "bad", seq: 1 })]);
    await settled();
    expect(room.shown.map(({ kind }) => kind)).toEqual(["retracted"]);
    room.playhead = START + 5_000;
    await settled();
    expect(room.comments).toEqual(["good"]);
    expect(room.counted("comment")).toBe(1);
  });

  test("gets what a seek skips at once: comments in order, likes as a number", async () => {
    const room = await behind();
    for (let second = 0; second < 30; second += 1) {
      room.arrive([
        room.event("comment", START + second * 1_000, `c${second}`),
        room.event("like", START + second * 1_000),
      ]);
    }
    room.playhead = START + 25_000;
    const before = room.frames.length;
    await settled();
    expect(room.comments).toEqual(Array.from({ length: 26 }, (_, second) => `c${second}`));
    expect(room.frames.slice(before)).toHaveLength(1);
    expect(room.frames.at(-1)?.counts).toEqual({ comment: 26, like: 26 });
    const likes = room.frames.at(-1)?.events.filter(({ kind }) => kind === "like");
    expect(likes?.map(({ at }) => at - START)).toEqual([24_000, 25_000]);
  });

  test("sees nothing twice after a seek back, and nothing new before the picture gets there", async () => {
    const room = await behind();
    room.arrive([room.event("comment", START, "one")]);
    room.playhead = START + 100;
    await settled();
    room.playhead = START - 60_000;
    room.arrive([room.event("comment", START + 200, "two")]);
    await settled();
    room.playhead = START + 150;
    await settled();
    expect(room.comments).toEqual(["one"]);
    room.playhead = START + 200;
    await settled();
    expect(room.comments).toEqual(["one", "two"]);
  });

  test("that pauses for long gets the newest comments, and is told which are missing", async () => {
    const room = new Room(SMALL);
    room.playhead = START;
    await settled();
    for (let n = 0; n < 30; n += 1)
      room.arrive([room.event("comment", START + 1_000 + n, `c${n}`)]);
    await settled();
    expect(room.missed).toEqual([]);
    room.playhead = START + 60_000;
    await settled();
    expect(room.missed).toEqual([{ after: 0, oldest: 11, isNewHistory: false }]);
    expect(room.comments).toEqual(Array.from({ length: 20 }, (_, n) => `c${n + 10}`));
  });
});

test("nothing is shown while the playhead is unknown, and it is read no more without listeners", async () => {
  let reads = 0;
  const room = new Room(undefined, () => {
    reads += 1;
    return undefined;
  });
  room.arrive([room.event("comment", START)]);
  await settled();
  expect(room.comments).toEqual([]);
  expect(reads).toBeGreaterThan(1);
  for (const off of room.offs) off();
  const before = reads;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(reads).toBe(before);
});

test.each([
  ["throws", () => assertFails()],
  ["returns an invalid date", () => new Date(Number.NaN)],
])("a playhead that %s is reported once, and counts as unknown", async (_what, read) => {
  const room = new Room(undefined, read);
  room.arrive([room.event("comment", START)]);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(room.comments).toEqual([]);
  expect(room.invalid).toHaveLength(1);
});

function assertFails(): Date {
  throw new Error("no player");
}

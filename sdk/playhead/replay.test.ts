/** A recording's comments and likes, wherever the viewer goes in it and however slowly they are read. */
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { OvationEvent } from "../../shared/protocol/event.ts";
import { isRetryable, OvationError } from "../error.ts";
import type { Frame } from "../frame.ts";
import type { HistoryQuery } from "../history.ts";
import { notify } from "../listeners.ts";
import { SLOT_MS } from "./heart-slots.ts";
import type { ReplayHost } from "./host.ts";
import { receiveCore } from "./index.ts";
import { Replay } from "./replay.ts";

const FROM = Date.UTC(2026, 5, 1, 20);
const MINUTE_MS = 60_000;
/** A comment each second, and one like more in each slot than in the one before. */
const LENGTH_MS = 30 * MINUTE_MS;
const TO = FROM + LENGTH_MS;

receiveCore({ OvationError, isRetryable, notify });
beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
});
afterEach(() => {
  vi.useRealTimers();
});

const comments: OvationEvent[] = Array.from({ length: LENGTH_MS / 1_000 }, (_, second) => {
  const at = FROM + second * 1_000;
  return { id: `c${second}`, kind: "comment", at, seq: at * 1_000 + 500, prev: 0 };
});
const likesIn = (slot: number) => slot + 1;
/** All likes of the slots before this one. */
const likesBefore = (slot: number) => (slot * (slot + 1)) / 2;
const slotOf = (moment: number) => Math.floor((moment - FROM) / SLOT_MS);

/** What a gateway answers, after a while and as often as not with an error. */
class Recording implements ReplayHost {
  readonly reported: string[] = [];
  requests = 0;
  isTruncated = false;
  fails: () => boolean = () => false;

  report({ code }: OvationError): void {
    this.reported.push(code);
  }

  async history(_id: string, query: HistoryQuery) {
    await this.#answer();
    const { from = 0, after = 0, to = Infinity, limit = 50 } = query;
    const isForward = query.from !== undefined || query.after !== undefined;
    const all = comments.filter(
      ({ seq = 0 }) => seq >= Number(from) * 1_000 && seq > after && seq < Number(to) * 1_000,
    );
    const events = isForward ? all.slice(0, limit) : all.slice(-limit);
    const { isTruncated } = this;
    return { events, more: all.length > limit, isTruncated, epoch: "e" };
  }

  async overHttp<T>(request: (chunk: never, http: never) => Promise<T>): Promise<T> {
    const chunk = {
      readTransientKinds: async () => ["like"],
      readTimeline: async (_http: unknown, _id: string, range: Record<string, number>) => {
        const { from = 0, to = 0, step = SLOT_MS } = range;
        expect([from % SLOT_MS, to % SLOT_MS]).toEqual([0, 0]);
        const points = Math.ceil((to - from) / step);
        expect(points).toBeLessThanOrEqual(1_440);
        return Array.from({ length: points }, (_, index) => {
          const at = from + index * step;
          const [first, end] = [slotOf(at), slotOf(Math.min(at + step, to))];
          const like = likesBefore(end) - likesBefore(first);
          return { at, counts: { like, comment: 10 * (end - first) }, viewers: 100 + first };
        });
      },
    };
    await this.#answer();
    return await request(chunk as never, undefined as never);
  }

  async #answer(): Promise<void> {
    this.requests += 1;
    await new Promise((resolve) => setTimeout(resolve, 300));
    if (this.fails()) throw new OvationError("unreachable", "no gateway");
  }
}

class Viewer {
  playhead: number | undefined;
  readonly recording = new Recording();
  shown: OvationEvent[] = [];
  frames: Frame[] = [];
  restarts = 0;
  missed = 0;
  early = 0;
  readonly replay: Replay;
  readonly offs: readonly (() => void)[];

  constructor(history: number) {
    this.replay = new Replay("match", this.recording, {
      from: FROM,
      to: TO,
      playhead: () => (this.playhead === undefined ? undefined : new Date(this.playhead)),
      onInvalid: () => undefined,
    });
    this.offs = [
      this.replay.watch({
        history,
        onEvent: (event) => {
          if (event.kind === "comment") this.shown.push(event);
          if (event.at > (this.playhead ?? 0)) this.early += 1;
        },
      }),
      this.replay.watch({ history: 0, onFrame: (frame) => void this.frames.push(frame) }),
      this.replay.watch({
        history: 0,
        onMissed: ({ isNewHistory }) => {
          if (!isNewHistory) this.missed += 1;
          else {
            this.restarts += 1;
            this.shown = [];
            this.frames = [];
          }
        },
      }),
    ];
  }

  get seconds(): number[] {
    return this.shown.map(({ id }) => Number(id.slice(1)));
  }

  get likes(): number {
    return this.frames.reduce((sum, { counts }) => sum + (counts["like"] ?? 0), 0);
  }

  totals(): unknown {
    const events = this.frames.flatMap((frame) => frame.events);
    return events.filter(({ kind }) => kind === "totals").at(-1)?.data;
  }

  /** Plays for this long. */
  async play(ms: number): Promise<void> {
    for (let played = 0; played < ms; played += 500) {
      await vi.advanceTimersByTimeAsync(500);
      this.playhead = (this.playhead ?? FROM) + 500;
    }
    await vi.advanceTimersByTimeAsync(100);
  }

  stop(): void {
    for (const off of this.offs) off();
  }
}

/** Whole numbers from `first` up to `last`. */
const range = (first: number, last: number) =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);

describe("a recording", () => {
  test("is played with all of its comments and likes, each at its time, and read as it is needed", async () => {
    const viewer = new Viewer(0);
    viewer.playhead = FROM;
    await viewer.play(2 * MINUTE_MS);
    expect(viewer.seconds).toEqual(range(0, 120));
    expect(viewer.likes).toBe(likesBefore(12));
    expect(viewer.totals()).toEqual({ like: likesBefore(12), comment: 120 });
    expect(viewer.replay.channel().newest("viewers")?.data).toEqual({ viewers: 112 });
    // Two pages of each and what comes once, not half an hour.
    expect(viewer.recording.requests).toBeLessThan(8);
    await viewer.play(LENGTH_MS);
    expect(viewer.seconds).toEqual(range(0, LENGTH_MS / 1_000 - 1));
    expect(viewer.likes).toBe(likesBefore(LENGTH_MS / SLOT_MS));
    expect([viewer.early, viewer.restarts, viewer.missed]).toEqual([0, 0, 0]);
    viewer.stop();
    const { requests } = viewer.recording;
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect(viewer.recording.requests).toBe(requests);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("starts over after a seek, with the comments before the picture and the totals of then", async () => {
    const viewer = new Viewer(5);
    viewer.playhead = FROM + 20 * MINUTE_MS;
    await viewer.play(10_000);
    expect(viewer.seconds).toEqual(range(1_195, 1_210));
    viewer.playhead = FROM + 10 * MINUTE_MS;
    await viewer.play(10_000);
    expect(viewer.restarts).toBe(1);
    expect(viewer.seconds).toEqual(range(595, 610));
    expect(viewer.totals()).toEqual({ like: likesBefore(61), comment: 610 });
    expect(viewer.likes).toBe(likesIn(60));
    viewer.stop();
  });

  test("waits while the picture does, and for a gateway that does not answer", async () => {
    const viewer = new Viewer(0);
    let isDown = true;
    viewer.recording.fails = () => isDown;
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect(viewer.recording.requests).toBe(0);
    viewer.playhead = FROM + 30_500;
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect(viewer.seconds).toEqual([]);
    expect(new Set(viewer.recording.reported)).toEqual(new Set(["unreachable"]));
    expect(viewer.recording.reported).toHaveLength(1);
    isDown = false;
    await vi.advanceTimersByTimeAsync(10_000);
    await viewer.play(5_000);
    expect(viewer.seconds).toEqual(range(31, 35));
    viewer.stop();
  });

  test("that is no longer kept as a whole says so", async () => {
    const viewer = new Viewer(0);
    viewer.recording.isTruncated = true;
    viewer.playhead = FROM;
    await viewer.play(1_000);
    expect(viewer.missed).toBe(1);
    viewer.stop();
  });

  test("shows a listener that comes later the comments before it and all that follow", async () => {
    const viewer = new Viewer(0);
    viewer.playhead = FROM;
    await viewer.play(20_000);
    const late: string[] = [];
    await viewer.play(5_000);
    const totals: unknown[] = [];
    const off = viewer.replay.watch({
      history: 3,
      onEvent: ({ id }) => void late.push(id),
      onJoined: (known) => void totals.push(known),
    });
    expect(totals).toEqual([{ like: likesBefore(2) + 1, comment: 20 }]);
    await viewer.play(2_000);
    expect(late.filter((id) => id.startsWith("c"))).toEqual(["c23", "c24", "c25", "c26", "c27"]);
    off();
    viewer.stop();
  });
});

test("wherever the viewer goes, comments are shown in order, once and none early, and none is left out", async () => {
  const go = fc.oneof(
    fc.record({ play: fc.integer({ min: 1, max: 40 }) }),
    fc.record({ seek: fc.integer({ min: 0, max: LENGTH_MS / 1_000 }) }),
    fc.record({ pause: fc.integer({ min: 1, max: 30 }) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(go, { maxLength: 8 }), fc.nat(3), async (steps, history) => {
      const viewer = new Viewer(history);
      viewer.playhead = FROM;
      await viewer.play(1_000);
      for (const step of steps) {
        if ("play" in step) await viewer.play(step.play * 1_000);
        else if ("pause" in step) await vi.advanceTimersByTimeAsync(step.pause * 1_000);
        // A shorter step back is none.
        else if (Math.abs(FROM + step.seek * 1_000 - viewer.playhead) > 1_000) {
          viewer.playhead = FROM + step.seek * 1_000;
          await vi.advanceTimersByTimeAsync(2_000);
        }
      }
      await vi.advanceTimersByTimeAsync(2_000);
      viewer.stop();
      const last = Math.min(
        Math.floor(((viewer.playhead ?? FROM) - FROM) / 1_000),
        LENGTH_MS / 1_000 - 1,
      );
      const [first = last + 1] = viewer.seconds;
      expect(viewer.seconds).toEqual(range(first, last));
      expect(viewer.early).toBe(0);
    }),
    { numRuns: 30 },
  );
});

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { FrameInterval } from "./frame-interval.ts";
import { type FrameGroup, FrameScheduler } from "./frame-scheduler.ts";
import { SharedWrites } from "./shared-writes.ts";

const INTERVAL_MS = 100;

class TestGroup implements FrameGroup {
  dueAt = 0;
  queuedAt = 0;
  queued = false;
  readonly phase: number;
  readonly size: number;
  readonly audience = 1;
  readonly everyMs: number;
  /** Frames that are left to write after the next one. */
  left = 0;
  readonly flushedAt: number[] = [];
  readonly #onFlush: () => void;

  constructor(phase = 1, size = 1, onFlush: () => void = () => undefined, everyMs = 0) {
    this.everyMs = everyMs;
    this.phase = phase;
    this.size = size;
    this.#onFlush = onFlush;
  }

  flush(): boolean {
    this.flushedAt.push(performance.now() - start);
    this.#onFlush();
    this.left -= 1;
    return this.left >= 0;
  }
}

let start = 0;
let scheduler: FrameScheduler;

function schedulerOf(intervalMs: number, viewersPerPass = 1_000): FrameScheduler {
  const interval = new FrameInterval(intervalMs, intervalMs);
  return new FrameScheduler({
    interval,
    writes: new SharedWrites(),
    viewersPerPass,
    now: () => performance.now(),
  });
}

/** Runs the event loop to its next turn, with no time passing. */
function turn(): void {
  vi.advanceTimersByTime(0);
}

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ["performance", "setTimeout", "clearTimeout", "setImmediate", "clearImmediate"],
  });
  vi.advanceTimersByTime(10_000);
  start = performance.now();
  scheduler = schedulerOf(INTERVAL_MS);
});
afterEach(() => {
  scheduler.stop();
  vi.useRealTimers();
});

describe("when a frame is sent", () => {
  test("the first event after a pause is sent at the end of the turn", () => {
    const group = new TestGroup();
    scheduler.schedule(group);
    expect(group.flushedAt).toEqual([]);
    turn();
    expect(group.flushedAt).toEqual([0]);
    expect(group.queued).toBe(false);
    expect(scheduler.queuedGroups).toBe(0);
  });

  test("further ones wait for the interval", () => {
    const group = new TestGroup();
    scheduler.schedule(group);
    turn();
    for (const _ of [1, 2, 3]) {
      scheduler.schedule(group);
      vi.advanceTimersByTime(INTERVAL_MS);
    }
    expect(group.flushedAt).toEqual([0, 100, 200, 300]);
  });

  test("after a pause longer than the interval, the next is sent at once again", () => {
    const group = new TestGroup();
    scheduler.schedule(group);
    turn();
    vi.advanceTimersByTime(5 * INTERVAL_MS);
    scheduler.schedule(group);
    turn();
    expect(group.flushedAt).toEqual([0, 500]);
  });

  test("without an interval, every turn may have its frame", () => {
    scheduler = schedulerOf(0);
    const group = new TestGroup();
    for (const _ of [1, 2, 3]) {
      scheduler.schedule(group);
      turn();
    }
    expect(group.flushedAt).toEqual([0, 0, 0]);
  });

  test("a group that is scheduled twice gets one frame", () => {
    const group = new TestGroup();
    scheduler.schedule(group);
    scheduler.schedule(group);
    turn();
    vi.advanceTimersByTime(3 * INTERVAL_MS);
    expect(group.flushedAt).toEqual([0]);
  });

  test("slower frames come at the same moments for all videos, but the first one at once", () => {
    const [one, other] = [1, 1].map((phase) => new TestGroup(phase, 1, undefined, 250));
    const half = new TestGroup(0.5, 1, undefined, 250);
    vi.advanceTimersByTime(10);
    for (let passed = 0; passed < 700; passed += 10) {
      for (const group of [one, other, half]) if (group !== undefined) scheduler.schedule(group);
      vi.advanceTimersByTime(10);
    }
    expect(one?.flushedAt).toEqual([10, 250, 500]);
    expect(other?.flushedAt).toEqual([10, 250, 500]);
    expect(half.flushedAt).toEqual([10, 125, 375, 625]);
  });

  test("slower frames are no faster than the gateway can", () => {
    const group = new TestGroup(1, 1, undefined, INTERVAL_MS / 2);
    for (const _ of [1, 2, 3]) {
      scheduler.schedule(group);
      vi.advanceTimersByTime(INTERVAL_MS);
    }
    expect(group.flushedAt).toEqual([0, 100, 200]);
  });

  test("what did not fit into a frame follows without waiting for the interval", () => {
    const group = new TestGroup();
    group.left = 2;
    scheduler.schedule(group);
    turn();
    expect(group.flushedAt).toEqual([0, 0, 0]);
  });

  test("nothing is written after a stop", () => {
    const [due, later] = [new TestGroup(), new TestGroup()];
    later.dueAt = start + 50;
    scheduler.schedule(later);
    scheduler.schedule(due);
    scheduler.stop();
    vi.advanceTimersByTime(INTERVAL_MS);
    expect([due.flushedAt, later.flushedAt]).toEqual([[], []]);
  });
});

describe("groups of one video", () => {
  test("all are sent at once after a pause, and then each at its phase of the interval", () => {
    const groups = [0.25, 0.5, 0.75, 1].map((phase) => new TestGroup(phase));
    const floodFor = (ms: number) => {
      for (let passed = 0; passed < ms; passed += 5) {
        for (const group of groups) scheduler.schedule(group);
        vi.advanceTimersByTime(5);
      }
    };
    floodFor(290);
    expect(groups.map(({ flushedAt }) => flushedAt)).toEqual([
      [0, 25, 125, 225],
      [0, 50, 150, 250],
      [0, 75, 175, 275],
      [0, 100, 200],
    ]);
  });
});

describe("one turn of the event loop", () => {
  /** How many viewers were written to in each turn, until all groups had their frame. */
  function turnsOf(sizes: readonly number[], viewersPerPass: number): number[] {
    scheduler = schedulerOf(INTERVAL_MS, viewersPerPass);
    let written = 0;
    for (const size of sizes) {
      scheduler.schedule(
        new TestGroup(1, size, () => {
          written += size;
        }),
      );
    }
    const turns: number[] = [];
    while (scheduler.queuedGroups > 0) {
      written = 0;
      vi.advanceTimersToNextTimer();
      turns.push(written);
    }
    return turns;
  }

  test("writes to no more viewers than the limit", () => {
    expect(turnsOf([500, 500, 500, 500], 1_000)).toEqual([1_000, 1_000]);
    expect(turnsOf([600, 600, 600], 1_000)).toEqual([600, 600, 600]);
  });

  test("writes to at least one group, however large", () => {
    expect(turnsOf([5_000, 5_000], 1_000)).toEqual([5_000, 5_000]);
  });

  test("writes to groups in the order of their scheduled times", () => {
    const order: string[] = [];
    const groups = ["third", "first", "second"].map((name, index) => {
      const group = new TestGroup(1, 1, () => order.push(name));
      group.dueAt = start + ([30, 10, 20][index] ?? 0);
      return group;
    });
    for (const group of groups) scheduler.schedule(group);
    vi.advanceTimersByTime(INTERVAL_MS);
    expect(order).toEqual(["first", "second", "third"]);
    expect(groups.map(({ flushedAt }) => flushedAt)).toEqual([[30], [10], [20]]);
  });
});

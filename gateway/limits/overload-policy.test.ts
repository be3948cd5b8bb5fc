import { describe, expect, test } from "vitest";
import { levelsToEnter, levelsToHold } from "../../shared/runtime/overload/shed-levels.ts";
import { Overload, type OverloadOptions } from "./overload.ts";
import { OVERLOAD_LEVELS, type OverloadSignal } from "./overload-policy.ts";

const CALM: Readonly<Record<OverloadSignal, number>> = {
  late: 0,
  memory: 0,
  backlog: 0,
  stretch: 1,
};

describe("the policy", () => {
  test("raises its levels in order: viewers and durable events are refused last", () => {
    expect(OVERLOAD_LEVELS.map(({ name }) => name)).toEqual(["widen", "sample", "refuse", "shed"]);
  });

  test.each(["late", "memory", "backlog"] as const)("%s raises one level after the other", (of) => {
    const levels = Array.from({ length: 41 }, (_, n) =>
      levelsToEnter(OVERLOAD_LEVELS, { ...CALM, [of]: n / 20 }),
    );
    expect(levels[0]).toBe(0);
    expect(levels.at(-1)).toBe(4);
    for (const [index, level] of levels.entries()) {
      const before = levels[index - 1] ?? 0;
      expect(level).toBeGreaterThanOrEqual(before);
    }
    expect(new Set(levels)).toEqual(new Set([0, 1, 2, 3, 4]));
  });

  test("each level is left below the threshold at which it is entered", () => {
    for (const { enter, leave } of OVERLOAD_LEVELS) {
      for (const [signal, bound] of Object.entries(enter)) {
        expect(leave[signal as OverloadSignal]).toBeLessThan(bound);
      }
    }
  });

  test("an ordinary load raises no level", () => {
    const load = { late: 0.1, memory: 0.6, backlog: 0.1, stretch: 1 };
    expect(levelsToEnter(OVERLOAD_LEVELS, load)).toBe(0);
  });

  test("wider frame intervals stay while they are in use, though nothing is late any more", () => {
    expect(levelsToHold(OVERLOAD_LEVELS, { ...CALM, stretch: 2 })).toBe(1);
    expect(levelsToHold(OVERLOAD_LEVELS, CALM)).toBe(0);
  });
});

describe("the levels", () => {
  let nowMs = 0;

  function overloadAt(level: number, options: Partial<OverloadOptions> = {}): Overload {
    const overload = new Overload({
      delayLimitMs: 100,
      memoryLimitBytes: 0,
      connectionsLimit: 2,
      connections: () => 1,
      now: () => nowMs,
      random: () => 0.5,
      ...options,
    });
    while (overload.levels.level < level) {
      nowMs += 1_000;
      overload.levels.update({ ...CALM, late: 100 });
    }
    return overload;
  }

  function refused(act: () => void): boolean {
    try {
      act();
      return false;
    } catch (error) {
      expect(error).toMatchObject({ code: "overloaded", retryAfterMs: 3_000 });
      return true;
    }
  }

  test.each([
    // level, interval, transient events, viewer, request, like over HTTP, comment, like of a viewer
    [0, 1, 100, false, false, false, false, false],
    [1, 4, 100, false, false, false, false, false],
    [2, 4, 20, false, false, false, false, false],
    [3, 4, 20, true, true, true, false, false],
    [4, 4, 20, true, true, true, true, true],
  ])("with %i levels in force", (level, room, events, viewer, request, like, comment, viewers) => {
    const overload = overloadAt(level);
    expect(overload.intervalRoom).toBe(room);
    expect(overload.transientEvents(100)).toBe(events);
    expect(refused(() => overload.admitNewcomer())).toBe(viewer);
    expect(refused(() => overload.admitRequest())).toBe(request);
    expect(refused(() => overload.admitEvents(false, false))).toBe(like);
    expect(refused(() => overload.admitEvents(true, false))).toBe(comment);
    expect(refused(() => overload.admitEvents(true, true))).toBe(comment);
    expect(refused(() => overload.admitEvents(false, true))).toBe(viewers);
    expect(refused(() => overload.admitPublishing())).toBe(comment);
  });

  test("a full gateway refuses viewers and nothing else, and raises no level", () => {
    const overload = overloadAt(0, { connections: () => 2 });
    expect(refused(() => overload.admitNewcomer())).toBe(false);
    expect(refused(() => overload.requireRoom())).toBe(true);
    expect(overload.turnAway()).toBe(3_000);
    expect(refused(() => overload.admitRequest())).toBe(false);
    expect(overload.level).toBe(1);
    expect(overload.levels.level).toBe(0);
    expect(overload.stats.refused).toEqual({ viewer: 2, request: 0, transient: 0, durable: 0 });
  });

  test("a frame always holds one event", () => {
    expect(overloadAt(2).transientEvents(1)).toBe(1);
  });
});

import { describe, expect, test } from "vitest";
import { Hop, HopClock } from "./hops.ts";

/** Count of the bucket that ends at `le` seconds. */
function countAt({ seconds }: Hop, le: number): number {
  return seconds.counts[seconds.bounds.indexOf(le)] ?? 0;
}

function observed({ seconds }: Hop): number {
  return seconds.counts.reduce((sum, count) => sum + count, 0);
}

describe("a hop between two clocks", () => {
  test("is their difference", () => {
    const hop = new Hop();
    hop.passed(1_000, 1_004);
    expect(hop.seconds.sum).toBe(0.004);
    expect(countAt(hop, 0.005)).toBe(1);
    expect(hop.skewed).toBe(0);
  });

  test("that is below zero counts as zero, and as skew if it is more than a millisecond", () => {
    const hop = new Hop();
    hop.passed(1_000, 999.5);
    expect(hop.skewed).toBe(0);
    hop.passed(1_000, 990);
    expect(hop.skewed).toBe(1);
    expect(hop.seconds.sum).toBe(0);
    expect(observed(hop)).toBe(2);
  });

  test("of more than an hour is skew, and is left out of the average", () => {
    const hop = new Hop();
    hop.passed(0, Date.now());
    expect(hop.skewed).toBe(1);
    expect(observed(hop)).toBe(0);
  });
});

describe("the clock of hops", () => {
  /** Clocks that the test sets, in milliseconds. */
  function fakeClock() {
    const time = { monotonic: 10, wall: 1_000_010 };
    const clock = new HopClock(
      () => time.monotonic,
      () => Math.floor(time.wall),
      1_000_000,
    );
    const pass = (ms: number, wallMs = ms) => {
      time.monotonic += ms;
      time.wall += wallMs;
    };
    return { clock, time, pass };
  }

  test("is finer than the wall clock", () => {
    const { clock, pass } = fakeClock();
    pass(0.25);
    expect(clock.wallAt(clock.now())).toBe(1_000_010.25);
    pass(500.5);
    expect(clock.wallAt(clock.now())).toBe(1_000_510.75);
  });

  test.each([-3_600_000, -10, 10, 3_600_000])(
    "follows a wall clock that is set by %d ms",
    (step) => {
      const { clock, time, pass } = fakeClock();
      clock.wallAt(clock.now());
      pass(1_000, 1_000 + step);
      expect(Math.abs(clock.wallAt(clock.now()) - time.wall)).toBeLessThanOrEqual(1);
    },
  );

  test("is not misled by a pause of the process while it compares", () => {
    const { time, pass } = fakeClock();
    let pauseMs = 0;
    const clock = new HopClock(
      () => time.monotonic,
      () => {
        pass(pauseMs);
        const wall = Math.floor(time.wall);
        pass(pauseMs);
        return wall;
      },
      1_000_000,
    );
    for (const ms of [0, 7, 500, 0]) {
      pauseMs = ms;
      pass(1_000);
      clock.wallAt(clock.now());
      expect(clock.wallAt(clock.now())).toBe(1_000_000 + clock.now());
    }
  });

  test("agrees with Date.now on this machine", () => {
    const clock = new HopClock();
    expect(Math.abs(clock.wallAt(clock.now()) - Date.now())).toBeLessThan(1_000);
  });
});

import { describe, expect, test } from "vitest";
import { FrameInterval } from "./frame-interval.ts";

function observed(interval: FrameInterval, busy: number, times: number): number[] {
  return Array.from({ length: times }, () => {
    interval.observe(busy);
    return interval.ms;
  });
}

describe("the frame interval", () => {
  test("starts at its minimum", () => {
    expect(new FrameInterval(0, 100).ms).toBe(0);
    expect(new FrameInterval(20, 100).ms).toBe(20);
  });

  test("widens while the event loop is busy, up to its limit and no further", () => {
    const interval = new FrameInterval(0, 100);
    const steps = observed(interval, 1, 50);
    expect(steps[0]).toBe(5);
    for (const [index, ms] of steps.entries()) {
      expect(ms).toBeGreaterThanOrEqual(steps[index - 1] ?? 0);
      expect(ms).toBeLessThanOrEqual(100);
    }
    expect(interval.ms).toBe(100);
  });

  test("widens more the busier the event loop is", () => {
    const [busy, full] = [new FrameInterval(10, 100), new FrameInterval(10, 100)];
    busy.observe(0.8);
    full.observe(1);
    expect(busy.ms).toBeGreaterThan(10);
    expect(full.ms).toBeGreaterThan(busy.ms);
  });

  test("narrows when the event loop has time again, down to its minimum", () => {
    const free = new FrameInterval(0, 100);
    observed(free, 1, 50);
    expect(free.ms).toBe(100);
    free.observe(0.1);
    expect(free.ms).toBe(80);
    observed(free, 0.1, 50);
    expect(free.ms).toBe(0);

    const bounded = new FrameInterval(20, 100);
    observed(bounded, 1, 50);
    observed(bounded, 0, 50);
    expect(bounded.ms).toBe(20);
  });

  test("stays as it is between the two thresholds, so that it doesn't oscillate", () => {
    const interval = new FrameInterval(0, 100);
    observed(interval, 1, 3);
    const before = interval.ms;
    for (const busy of [0.45, 0.5, 0.6, 0.75])
      expect(observed(interval, busy, 1)).toEqual([before]);
  });

  test("holds for videos with many viewers, and for others only while the event loop is busy", () => {
    const interval = new FrameInterval(33, 100, 1_000);
    expect([999, 1_000].map((viewers) => interval.msFor(viewers))).toEqual([0, 33]);
    observed(interval, 1, 50);
    expect([999, 1_000].map((viewers) => interval.msFor(viewers))).toEqual([100, 100]);
    observed(interval, 0, 50);
    expect([999, 1_000].map((viewers) => interval.msFor(viewers))).toEqual([0, 33]);
  });

  test("never exceeds a limit that is below its first step", () => {
    const interval = new FrameInterval(0, 2);
    observed(interval, 1, 5);
    expect(interval.ms).toBe(2);
  });
});

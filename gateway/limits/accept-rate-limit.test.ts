import { describe, expect, test } from "vitest";
import { OvationError } from "../../shared/protocol/errors.ts";
import { AcceptRateLimit } from "./accept-rate-limit.ts";

/** Those who come at these times: who is let in, and what the others are told. */
function come(times: readonly number[], perSecond: number) {
  let now = 0;
  const arrivals = new AcceptRateLimit({ perSecond, now: () => now, random: () => 0.5 });
  const admitted: number[] = [];
  const told: number[] = [];
  for (const at of times) {
    now = at;
    try {
      arrivals.admit();
      admitted.push(at);
    } catch (error) {
      if (!(error instanceof OvationError) || error.code !== "overloaded") throw error;
      told.push(at + (error.retryAfterMs ?? 0));
    }
  }
  return { admitted, told, arrivals };
}

/** How many of the times are in each second. */
function bySecond(times: readonly number[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const time of times) {
    const second = Math.floor(time / 1_000);
    counts.set(second, (counts.get(second) ?? 0) + 1);
  }
  return counts;
}

describe("viewers that come", () => {
  test("at the rate that is let in are let in for ever", () => {
    const times = Array.from({ length: 60_000 }, (_, n) => n * 10);
    expect(come(times, 100).admitted).toEqual(times);
  });

  test("all at once are let in for a second's worth, and each other has a time of its own", () => {
    const { admitted, told, arrivals } = come(Array<number>(500).fill(0), 100);
    expect(admitted).toHaveLength(100);
    expect(arrivals.postponed).toBe(400);
    expect(new Set(told).size).toBe(400);
    // As many in each second as are let in.
    for (const count of bySecond(told).values()) expect(count).toBeLessThanOrEqual(100);
    expect(Math.max(...told)).toBeLessThanOrEqual(5_000);
  });

  test("and come again when they were told to, are all let in then", () => {
    const { told } = come(Array<number>(500).fill(0), 100);
    expect(come([...Array<number>(100).fill(0), ...told], 100).told).toEqual([]);
  });

  test("when the line is long are told a bounded time", () => {
    const { told } = come(Array<number>(10_000).fill(0), 100);
    expect(Math.max(...told)).toBeLessThanOrEqual(10_000);
  });
});

test("once it is over, nobody is let in", () => {
  const arrivals = new AcceptRateLimit({ perSecond: 100, now: () => 0, random: () => 0.5 });
  arrivals.end();
  expect(() => arrivals.admit()).toThrow(
    new OvationError("draining", undefined, { retryAfterMs: 500 }),
  );
});

import { describe, expect, test } from "vitest";
import { OvationError } from "../../shared/protocol/errors.ts";
import { AcceptRateLimit } from "./accept-rate-limit.ts";

/** Viewers that arrive at these times: who is accepted, and when the others may retry. */
function arrive(times: readonly number[], perSecond: number) {
  let now = 0;
  const limit = new AcceptRateLimit({ perSecond, now: () => now, random: () => 0.5 });
  const admitted: number[] = [];
  const retryAt: number[] = [];
  for (const at of times) {
    now = at;
    try {
      limit.admit();
      admitted.push(at);
    } catch (error) {
      if (!(error instanceof OvationError) || error.code !== "overloaded") throw error;
      retryAt.push(at + (error.retryAfterMs ?? 0));
    }
  }
  return { admitted, retryAt, limit };
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

describe("viewers", () => {
  test("that arrive at the accepted rate are always accepted", () => {
    const times = Array.from({ length: 60_000 }, (_, n) => n * 10);
    expect(arrive(times, 100).admitted).toEqual(times);
  });

  test("that arrive at once: a second's worth is accepted, and each other one gets its own time", () => {
    const { admitted, retryAt, limit } = arrive(Array<number>(500).fill(0), 100);
    expect(admitted).toHaveLength(100);
    expect(limit.postponed).toBe(400);
    expect(new Set(retryAt).size).toBe(400);
    // In each second, as many as are accepted.
    for (const count of bySecond(retryAt).values()) expect(count).toBeLessThanOrEqual(100);
    expect(Math.max(...retryAt)).toBeLessThanOrEqual(5_000);
  });

  test("that retry at their time are all accepted then", () => {
    const { retryAt } = arrive(Array<number>(500).fill(0), 100);
    expect(arrive([...Array<number>(100).fill(0), ...retryAt], 100).retryAt).toEqual([]);
  });

  test("get a bounded time when the queue is long", () => {
    const { retryAt } = arrive(Array<number>(10_000).fill(0), 100);
    expect(Math.max(...retryAt)).toBeLessThanOrEqual(10_000);
  });
});

test("after its end, no viewer is accepted", () => {
  const limit = new AcceptRateLimit({ perSecond: 100, now: () => 0, random: () => 0.5 });
  limit.end();
  expect(() => limit.admit()).toThrow(
    new OvationError("draining", undefined, { retryAfterMs: 500 }),
  );
});

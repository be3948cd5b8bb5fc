import { describe, expect, test } from "vitest";
import { rateOf, TokenBucket } from "./token-bucket.ts";

/** Ten per second, fifty at once. */
const RATE = rateOf("likes", 10);

/** How many single tokens can be taken at this moment. */
function takenAt(bucket: TokenBucket, now: number): number {
  let taken = 0;
  while (taken < 1_000 && bucket.take(RATE, 1, now) === 0) taken += 1;
  return taken;
}

describe("a bucket", () => {
  test("gives a burst at once, and then the rate", () => {
    const bucket = new TokenBucket(RATE, 0);
    expect(takenAt(bucket, 0)).toBe(50);
    expect(takenAt(bucket, 1_000)).toBe(10);
    expect(takenAt(bucket, 1_050)).toBe(0);
    expect(takenAt(bucket, 1_100)).toBe(1);
    expect(takenAt(bucket, 3_600_000)).toBe(50);
  });

  test("gives the rate over a long time, and the burst once, however often tokens are taken", () => {
    const bucket = new TokenBucket(RATE, 0);
    let taken = 0;
    for (let now = 0; now <= 60_000; now += 7) if (bucket.take(RATE, 1, now) === 0) taken += 1;
    expect(taken).toBeGreaterThanOrEqual(649);
    expect(taken).toBeLessThanOrEqual(650);
  });

  test("says when there will be enough tokens, and then there are", () => {
    const bucket = new TokenBucket(RATE, 0);
    expect(bucket.take(RATE, 50, 0)).toBe(0);
    expect(bucket.take(RATE, 3, 0)).toBe(300);
    expect(bucket.take(RATE, 3, 300)).toBe(0);
  });

  test("takes all tokens or none", () => {
    const bucket = new TokenBucket(RATE, 0);
    expect(bucket.take(RATE, 51, 0)).toBe(100);
    expect(bucket.take(RATE, 50, 0)).toBe(0);
  });

  test("goes into debt for what was spent elsewhere, up to a limit", () => {
    const bucket = new TokenBucket(RATE, 0);
    bucket.charge(RATE, 70, 0);
    expect(bucket.tokens(RATE, 0)).toBe(-20);
    expect(bucket.take(RATE, 1, 2_000)).toBe(100);
    expect(bucket.take(RATE, 1, 2_100)).toBe(0);
    bucket.charge(RATE, 1_000_000, 2_100);
    expect(bucket.tokens(RATE, 2_100)).toBe(-400);
  });

  test("that is full again equals a new one", () => {
    const bucket = new TokenBucket(RATE, 0);
    expect(bucket.isFull(RATE, 0)).toBe(true);
    bucket.take(RATE, 1, 0);
    expect(bucket.isFull(RATE, 99)).toBe(false);
    expect(bucket.isFull(RATE, 100)).toBe(true);
  });
});

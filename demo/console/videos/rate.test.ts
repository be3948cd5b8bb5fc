/** Comments per minute. */
import { expect, test } from "vitest";
import { perMinute, type Samples, sampled } from "./rate.ts";

/** @param totals every five seconds */
function after(totals: readonly number[]): Samples {
  return totals.reduce<Samples>(
    (samples, total, at) => sampled(samples, at * 5_000, new Map([["launch", total]])),
    new Map(),
  );
}

test("the rate is that of the last minute, known after a few seconds", () => {
  expect(perMinute(after([700]), "launch")).toBeUndefined();
  expect(perMinute(after([700, 710]), "launch")).toBe(120);
  const fast = Array.from({ length: 100 }, (_, at) => at * 250);
  expect(perMinute(after(fast), "launch")).toBe(3_000);
  const quietNow = [...fast, ...Array.from({ length: 13 }, () => 24_750)];
  expect(perMinute(after(quietNow), "launch")).toBe(0);
});

test("comments that are deleted make no rate negative, and a video that is gone is forgotten", () => {
  expect(perMinute(after([700, 710, 20]), "launch")).toBeUndefined();
  expect(perMinute(after([700, 710, 20, 25]), "launch")).toBe(60);
  expect(sampled(after([700, 710]), 10_000, new Map()).size).toBe(0);
});

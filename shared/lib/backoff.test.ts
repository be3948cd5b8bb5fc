import { describe, expect, test } from "vitest";
import { Backoff } from "./backoff.ts";

function waits(backoff: Backoff, times: number): number[] {
  return Array.from({ length: times }, () => backoff.nextMs());
}

describe("the next wait", () => {
  test("has a ceiling that doubles up to the maximum", () => {
    expect(waits(new Backoff(100, 1_000, () => 1), 7)).toEqual([
      100, 200, 400, 800, 1_000, 1_000, 1_000,
    ]);
  });

  test("is never below the minimum", () => {
    expect(waits(new Backoff(100, 1_000, () => 0), 7)).toEqual(Array(7).fill(100));
  });

  test("is spread evenly between the two", () => {
    const draws = [0.5, 0.5, 0.25, 0.75];
    const backoff = new Backoff(100, 1_000, () => draws.shift() ?? 0);
    expect(waits(backoff, 4)).toEqual([100, 150, 175, 625]);
  });

  test("may have a first ceiling of its own, so that not even first attempts coincide", () => {
    const backoff = new Backoff(0, 1_000, () => 0.5, 400);
    expect(waits(backoff, 4)).toEqual([200, 400, 500, 500]);
    backoff.reset();
    expect(backoff.nextMs()).toBe(200);
  });

  test("is short again after a reset", () => {
    const backoff = new Backoff(100, 1_000, () => 1);
    waits(backoff, 5);
    backoff.reset();
    expect(waits(backoff, 2)).toEqual([100, 200]);
  });
});

import { expect, test } from "vitest";
import { audienceAt, HIGHEST_LEVEL, levelOf } from "./audience-level.ts";
import { AUDIENCE_LIMITS } from "./contract.ts";

test("a level maps to an audience and back, from nobody to thousands of likes per second", () => {
  expect(audienceAt(0)).toEqual({ viewers: 0, likesPerSecond: 0 });
  expect(audienceAt(HIGHEST_LEVEL).likesPerSecond).toBeGreaterThanOrEqual(5_000);
  for (let level = 5; level <= HIGHEST_LEVEL; level += 1) {
    const audience = audienceAt(level);
    expect(levelOf(audience)).toBe(level);
    expect(audience.viewers).toBeGreaterThan(0);
    expect(audience.viewers).toBeLessThanOrEqual(AUDIENCE_LIMITS.viewers);
    expect(audience.likesPerSecond).toBeLessThanOrEqual(AUDIENCE_LIMITS.likesPerSecond);
  }
});

test("an audience beyond the highest level is shown as the highest", () => {
  expect(levelOf(AUDIENCE_LIMITS)).toBe(HIGHEST_LEVEL);
});

import { expect, test } from "vitest";
import { perHour } from "./soak.ts";
import { zipf } from "./zipf.ts";

test("a trend is reported per hour", () => {
  const seconds = [0, 1, 2, 3].map((at) => ({
    at,
    deliveries: 0,
    frames: 0,
    published: 0,
    viewers: 0,
    cpu: {},
    rssBytes: { gateway: 1_000 + 2 * at },
    lagMs: 0,
  }));
  expect(perHour(seconds, ({ rssBytes }) => rssBytes["gateway"])).toBeCloseTo(7_200);
  expect(perHour(seconds, ({ rssBytes }) => rssBytes["nobody"])).toBe(0);
});

test("an audience spread by Zipf's law adds up, with the most viewers first", () => {
  const parts = zipf(10_000, 1_000);
  expect(parts.reduce((sum, part) => sum + part, 0)).toBe(10_000);
  expect(parts[0]).toBeGreaterThan(1_300);
  expect(parts[0]).toBeGreaterThan(2 * (parts[2] ?? 0));
});

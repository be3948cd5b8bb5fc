/** Times in words. */
import { expect, test } from "vitest";
import { forWords, timeWords, untilWords } from "./words.ts";

test.each([
  [1_000, "1 second"],
  [30_000, "30 seconds"],
  [600_000, "10 minutes"],
  [3_600_000, "1 hour"],
  [604_800_000, "7 days"],
])("%i ms are %s", (ms, words) => {
  expect(forWords(ms)).toBe(words);
});

test("a time says the day where that isn't today, and the year where it isn't this one", () => {
  const now = new Date(2026, 4, 3, 12).getTime();
  expect(timeWords(new Date(2026, 4, 3, 14, 5).getTime(), now)).toBe("14:05");
  expect(timeWords(new Date(2026, 4, 4, 0, 5).getTime(), now)).toBe("4 May, 00:05");
  expect(untilWords(new Date(2027, 0, 1, 9).getTime(), now)).toBe("until 1 Jan 2027, 09:00");
  expect(untilWords(null, now)).toBe("until it is taken back");
});

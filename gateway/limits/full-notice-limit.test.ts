import { expect, test } from "vitest";
import { Goodbyes } from "./full-notice-limit.ts";

test("so many are told goodbye in a second, and no more however many come", () => {
  let nowMs = 0;
  const goodbyes = new Goodbyes(() => nowMs);
  const told = () => Array.from({ length: 1_000 }, () => goodbyes.take()).filter(Boolean).length;
  expect(told()).toBe(200);
  expect(told()).toBe(0);
  nowMs += 500;
  expect(told()).toBe(100);
  nowMs += 60_000;
  expect(told()).toBe(200);
});

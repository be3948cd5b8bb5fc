import { expect, test } from "vitest";
import { FullNoticeLimit } from "./full-notice-limit.ts";

test("so many are told goodbye in a second, and no more however many come", () => {
  let nowMs = 0;
  const fullNotices = new FullNoticeLimit(() => nowMs);
  const told = () => Array.from({ length: 1_000 }, () => fullNotices.take()).filter(Boolean).length;
  expect(told()).toBe(200);
  expect(told()).toBe(0);
  nowMs += 500;
  expect(told()).toBe(100);
  nowMs += 60_000;
  expect(told()).toBe(200);
});

import { expect, test } from "vitest";
import { FullNoticeLimit } from "./full-notice-limit.ts";

test("a bounded number get a notice each second, however many connect", () => {
  let nowMs = 0;
  const fullNotices = new FullNoticeLimit(() => nowMs);
  const notified = () =>
    Array.from({ length: 1_000 }, () => fullNotices.take()).filter(Boolean).length;
  expect(notified()).toBe(200);
  expect(notified()).toBe(0);
  nowMs += 500;
  expect(notified()).toBe(100);
  nowMs += 60_000;
  expect(notified()).toBe(200);
});

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { frontendSubject, watchedSubject } from "../../shared/protocol/subjects.ts";
import { Announced } from "./announced.ts";
import { RouteTable } from "./routes.ts";

let routes: RouteTable;
let announced: Announced;

beforeEach(() => {
  vi.useFakeTimers();
  routes = new RouteTable();
  const bus = { subscribe: () => ({ unsubscribe: () => undefined, drain: async () => undefined }) };
  announced = new Announced({ bus, routes, now: () => Date.now() });
});
afterEach(() => {
  announced.stop();
  vi.useRealTimers();
});

test("an announced row counts for ten seconds after its last announcement", () => {
  announced.take(watchedSubject("g1", "launch"));
  vi.advanceTimersByTime(6_000);
  announced.take(watchedSubject("g2", "launch"));
  announced.take(watchedSubject("g1", "launch"));
  vi.advanceTimersByTime(9_999);
  expect(routes.subjects("launch")).toHaveLength(2);
  expect(announced.size).toBe(2);
  vi.advanceTimersByTime(1);
  expect(routes.subjects("launch")).toEqual([]);
  expect(announced.size).toBe(0);
});

test.each(["ov.watched.g1", "ov.watched.g1.a.b", "ov.watched.g1.a b", "ov.other.g1.launch"])(
  "a message on %s is not an announcement",
  (subject) => {
    announced.take(subject);
    expect(announced.size).toBe(0);
  },
);

test("at most 100,000 are kept: the oldest is dropped first", () => {
  for (let number = 0; number <= 100_000; number += 1) {
    announced.take(watchedSubject("g1", `video-${number}`));
  }
  expect([announced.size, announced.dropped]).toEqual([100_000, 1]);
  expect(routes.subjects("video-0")).toEqual([]);
  expect(routes.subjects("video-1")).toEqual([frontendSubject("g1", "video-1")]);
});

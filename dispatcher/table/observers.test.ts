import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { frontendSubject } from "../../shared/protocol/subjects.ts";
import { Observers } from "./observers.ts";
import { RouteTable } from "./routes.ts";

let routes: RouteTable;
let observers: Observers;

beforeEach(() => {
  vi.useFakeTimers();
  routes = new RouteTable();
  const subscription = { unsubscribe: () => undefined, drain: async () => undefined };
  const bus = { subscribe: () => subscription, publish: () => true };
  observers = new Observers({ bus, routes, now: () => Date.now() });
});
afterEach(() => {
  observers.stop();
  vi.useRealTimers();
});

const take = (...videos: string[]) => observers.take(Buffer.from(JSON.stringify({ videos })));

test("events of an observed video go to its gateways, and once to all observers", () => {
  routes.set("match-1", "g1", { viewers: 1, revision: 1 });
  const gateway = frontendSubject("g1", "match-1");
  expect(routes.subjects("match-1")).toEqual([gateway]);
  take("match-*", "match-1", "launch");
  expect(routes.subjects("match-1")).toEqual([gateway, "ov.observed.match-1"]);
  expect(routes.subjects("match-2")).toEqual(["ov.observed.match-2"]);
  expect(routes.subjects("launch")).toEqual(["ov.observed.launch"]);
  expect(routes.subjects("launch-2")).toEqual([]);
  expect([routes.videoCount, routes.viewers("match-2")]).toEqual([1, 0]);
});

test("a pattern that is not named again within 30 seconds is observed no more", () => {
  routes.set("b-1", "g1", { viewers: 1, revision: 1 });
  take("a", "b-*");
  vi.advanceTimersByTime(20_000);
  take("b-*");
  vi.advanceTimersByTime(10_000);
  expect(routes.subjects("a")).toEqual([]);
  expect(routes.subjects("b-1")).toHaveLength(2);
  vi.advanceTimersByTime(20_000);
  expect([observers.size, routes.subjects("b-1")]).toEqual([0, [frontendSubject("g1", "b-1")]]);
});

test("no more than 100 patterns are observed, and none that is not a pattern", () => {
  take(...Array.from({ length: 60 }, (_, n) => `a${n}`));
  expect(() => take(...Array.from({ length: 41 }, (_, n) => `b${n}`))).toThrow("100 patterns");
  take(...Array.from({ length: 40 }, (_, n) => `b${n}`), "a0");
  expect(observers.size).toBe(100);
  for (const wrong of ["{", "{}", '{"videos":[]}', '{"videos":["a.b"]}', '{"videos":["*-a"]}']) {
    expect(() => observers.take(Buffer.from(wrong))).toThrow(/^(videos: |the request is not JSON)/);
  }
});

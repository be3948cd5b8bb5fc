import { expect, test } from "vitest";
import { RecentIds } from "./recent-ids.ts";

const SPAN_MS = 1_000;

function recentIds(): { ids: RecentIds; at(ms: number): void } {
  let now = 50_000;
  const start = now;
  return {
    ids: new RecentIds(SPAN_MS, () => now),
    at: (ms) => {
      now = start + ms;
    },
  };
}

test("an id is new once", () => {
  const { ids } = recentIds();
  expect(ids.add("a")).toBe(true);
  expect(ids.add("a")).toBe(false);
  expect(ids.add("b")).toBe(true);
});

test.each([0, 1, 500, 999])("an id that came at %d ms is known for the whole span", (came) => {
  // Whatever else comes between, and however the generations turn.
  for (const between of [[], [1_000], [1_000, 1_500], [999, 1_001, 1_998]]) {
    const { ids, at } = recentIds();
    at(came);
    expect(ids.add("a")).toBe(true);
    for (const ms of between.filter((one) => one > came && one < came + SPAN_MS)) {
      at(ms);
      ids.add(`other-${ms}`);
    }
    at(came + SPAN_MS - 1);
    expect(ids.add("a")).toBe(false);
  }
});

test("an id is forgotten after three spans at the latest", () => {
  const { ids, at } = recentIds();
  ids.add("a");
  at(2 * SPAN_MS - 1);
  ids.add("b");
  at(3 * SPAN_MS);
  expect(ids.add("a")).toBe(true);
});

test("after a long silence nothing is remembered", () => {
  const { ids, at } = recentIds();
  ids.add("a");
  at(2 * SPAN_MS);
  expect(ids.add("a")).toBe(true);
});

test("an id is known through at least 8,192 further ones, and no more than two such lots are kept", () => {
  const { ids } = recentIds();
  ids.add("a");
  for (let n = 0; n < 8_192; n += 1) ids.add(`n${n}`);
  expect(ids.add("a")).toBe(false);
  for (let n = 0; n < 2 * 8_192; n += 1) ids.add(`m${n}`);
  expect(ids.add("a")).toBe(true);
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { StoredIds } from "./stored-ids.ts";

const KEPT = 1_000;
const WINDOW_MS = 120_000;

const eventOf = (n: number) => ({
  id: `c${n}`,
  kind: "comment",
  seq: n,
  bytes: new Uint8Array(),
  owner: "anna",
});

test("the ids of all events that the history may hold are known, however long ago and however many, and no more than twice as many", () => {
  const step = fc.record({ events: fc.nat({ max: 700 }), waitMs: fc.nat({ max: 10 * WINDOW_MS }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      let now = 0;
      const ids = new StoredIds({ deduplicateMs: WINDOW_MS, keptEvents: KEPT, now: () => now });
      let count = 0;
      const recent: { readonly n: number; readonly at: number }[] = [];
      for (const { events, waitMs } of steps) {
        for (let left = events; left > 0; left -= 1) {
          count += 1;
          ids.learn(eventOf(count), count);
          recent.push({ n: count, at: now });
        }
        now += waitMs;
      }
      for (let n = Math.max(1, count - 2 * KEPT + 1); n <= count; n += 1) {
        expect(ids.get(`c${n}`)).toMatchObject({ seq: n, owner: "anna", holders: [n] });
      }
      for (const { n, at } of recent) {
        if (now - at < WINDOW_MS) expect(ids.get(`c${n}`)).toBeDefined();
      }
    }),
  );
  let now = 0;
  const ids = new StoredIds({ deduplicateMs: WINDOW_MS, keptEvents: KEPT, now: () => now });
  for (let n = 1; n <= 20 * KEPT; n += 1) {
    now += WINDOW_MS / KEPT;
    ids.learn(eventOf(n), n);
  }
  expect(ids.size).toBeLessThanOrEqual(2 * KEPT + 256);
});

test("a flood within the window of repeats does not grow them without a bound", () => {
  const ids = new StoredIds({ deduplicateMs: WINDOW_MS, keptEvents: KEPT, now: () => 0 });
  for (let n = 1; n <= 200_000; n += 1) ids.learn(eventOf(n), n);
  expect(ids.size).toBeLessThanOrEqual(2 * KEPT + 65_536 + 256);
});

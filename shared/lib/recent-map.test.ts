import fc from "fast-check";
import { beforeEach, expect, test } from "vitest";
import { RecentMap } from "./recent-map.ts";

const SPAN_MS = 1_000;
/** What one generation holds. */
const GENERATION = 1_000;
let now = 0;
let recent: RecentMap<number>;

beforeEach(() => {
  now = 50;
  recent = new RecentMap<number>(SPAN_MS, GENERATION, () => now);
});

test("an id is known for a full span, and not for more than three", () => {
  const step = fc.record({ waitMs: fc.integer({ min: 0, max: 700 }), id: fc.nat({ max: 30 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      now = 0;
      const seqs = new RecentMap<number>(SPAN_MS, GENERATION, () => now);
      const setAt = new Map<string, { readonly at: number; readonly seq: number }>();
      for (const [seq, { waitMs, id }] of steps.entries()) {
        now += waitMs;
        seqs.set(String(id), seq);
        setAt.set(String(id), { at: now, seq });
        for (const [known, { at, seq: expected }] of setAt) {
          const age = now - at;
          if (age < SPAN_MS) expect(seqs.get(known)).toBe(expected);
          if (age > 3 * SPAN_MS) expect(seqs.get(known)).toBeUndefined();
        }
      }
    }),
  );
});

test("after a long silence nothing is known, although nobody called it meanwhile", () => {
  recent.set("a", 1);
  now += 10 * SPAN_MS;
  expect(recent.get("a")).toBeUndefined();
});

test("a flood is bounded, and the newest ids are known", () => {
  for (let n = 0; n < 5 * GENERATION; n += 1) recent.set(`c${n}`, n);
  expect(recent.size).toBeLessThanOrEqual(2 * GENERATION);
  for (let n = 4 * GENERATION; n < 5 * GENERATION; n += 1) {
    if (recent.get(`c${n}`) !== n) expect(recent.get(`c${n}`)).toBe(n);
  }
});

test("nothing is known after it was cleared", () => {
  recent.set("a", 1);
  recent.clear();
  expect(recent.get("a")).toBeUndefined();
  expect(recent.size).toBe(0);
});

test("an id stays known while as many others follow as a generation holds", () => {
  recent.set("a", 1);
  for (let n = 0; n < GENERATION; n += 1) recent.set(`n${n}`, n);
  expect(recent.get("a")).toBe(1);
  for (let n = 0; n < 2 * GENERATION; n += 1) recent.set(`m${n}`, n);
  expect(recent.get("a")).toBeUndefined();
});

test.each([0, 1, 500, 999])("an id set at %d ms is known for the full span", (setAtMs) => {
  // Whatever is set in between, and however the generations rotate.
  for (const between of [[], [1_000], [1_000, 1_500], [999, 1_001, 1_998]]) {
    now = 0;
    const seqs = new RecentMap<number>(SPAN_MS, GENERATION, () => now);
    now = setAtMs;
    seqs.set("a", 1);
    for (const ms of between.filter((one) => one > setAtMs && one < setAtMs + SPAN_MS)) {
      now = ms;
      seqs.set(`other-${ms}`, 2);
    }
    now = setAtMs + SPAN_MS - 1;
    expect(seqs.get("a")).toBe(1);
  }
});

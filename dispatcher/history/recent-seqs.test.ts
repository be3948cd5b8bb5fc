import fc from "fast-check";
import { beforeEach, expect, test } from "vitest";
import { RecentSeqs } from "./recent-seqs.ts";

const SPAN_MS = 1_000;
/** What one generation holds. */
const GENERATION = 32_768;
let now = 0;
let recent: RecentSeqs;

beforeEach(() => {
  now = 50;
  recent = new RecentSeqs(SPAN_MS, () => now);
});

test("an id is known for its whole span, and not for more than three", () => {
  const step = fc.record({ waitMs: fc.integer({ min: 0, max: 700 }), id: fc.nat({ max: 30 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      now = 0;
      const seqs = new RecentSeqs(SPAN_MS, () => now);
      const setAt = new Map<string, { readonly at: number; readonly seq: number }>();
      for (const [seq, { waitMs, id }] of steps.entries()) {
        now += waitMs;
        seqs.set(String(id), seq);
        setAt.set(String(id), { at: now, seq });
        for (const [known, { at, seq: due }] of setAt) {
          const age = now - at;
          if (age < SPAN_MS) expect(seqs.get(known)).toBe(due);
          if (age > 3 * SPAN_MS) expect(seqs.get(known)).toBeUndefined();
        }
      }
    }),
  );
});

test("after a long silence nothing is known, though nobody looked meanwhile", () => {
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

test("nothing is known once it was cleared", () => {
  recent.set("a", 1);
  recent.clear();
  expect(recent.get("a")).toBeUndefined();
  expect(recent.size).toBe(0);
});

import { expect, test } from "vitest";
import { type Level, levelsDue, levelsHeld, ShedLevels } from "./shed-levels.ts";

const STEPS: readonly Level<"first" | "second" | "third", "load" | "memory">[] = [
  { name: "first", enter: { load: 0.4 }, leave: { load: 0.2 } },
  { name: "second", enter: { load: 0.6, memory: 0.8 }, leave: { load: 0.4, memory: 0.7 } },
  { name: "third", enter: { load: 1, memory: 0.9 }, leave: { load: 0.8, memory: 0.8 } },
];

let nowMs = 0;

function ladder(): ShedLevels<"first" | "second" | "third", "load" | "memory"> {
  nowMs = 0;
  return new ShedLevels(STEPS, () => nowMs);
}

/** The level after each of the looks, one every 100 ms. */
function levels(on: ReturnType<typeof ladder>, load: number, looks: number): number[] {
  return Array.from({ length: looks }, () => {
    nowMs += 100;
    on.look({ load, memory: 0 });
    return on.level;
  });
}

test.each([
  [{ load: 0, memory: 0 }, 0, 0],
  [{ load: 0.3, memory: 0 }, 0, 1],
  [{ load: 0.4, memory: 0 }, 1, 2],
  [{ load: 0.99, memory: 0 }, 2, 3],
  [{ load: 1, memory: 0 }, 3, 3],
  [{ load: 0, memory: 0.85 }, 2, 3],
])("signals of %j call for %i steps, and hold %i", (signals, due, held) => {
  expect(levelsDue(STEPS, signals)).toBe(due);
  expect(levelsHeld(STEPS, signals)).toBe(held);
});

test("steps are taken one after the other, each with time to help, however great the load", () => {
  expect(levels(ladder(), 5, 8)).toEqual([1, 1, 1, 2, 2, 2, 3, 3]);
});

test("a step that helps is the last one", () => {
  const on = ladder();
  levels(on, 0.5, 2);
  expect(on.level).toBe(1);
  expect(levels(on, 0.3, 50)).toEqual(Array.from({ length: 50 }, () => 1));
});

test("steps are taken back one after the other, the last one first, when nothing calls for them", () => {
  const on = ladder();
  levels(on, 5, 10);
  const back = levels(on, 0, 35);
  expect(back.slice(0, 9)).toEqual(Array.from({ length: 9 }, () => 3));
  expect(back.lastIndexOf(3)).toBeLessThan(back.indexOf(2));
  expect(back.lastIndexOf(2) - back.indexOf(2)).toBeGreaterThanOrEqual(9);
  expect(back.lastIndexOf(1) - back.indexOf(1)).toBeGreaterThanOrEqual(9);
  expect(back.at(-1)).toBe(0);
});

test("a load that comes and goes doesn't make a step come and go", () => {
  const on = ladder();
  const all = Array.from({ length: 20 }, (_, turn) => levels(on, turn % 2 === 0 ? 0.5 : 0, 5));
  expect(new Set(all.flat())).toEqual(new Set([1]));
  expect(on.stats[0]?.taken).toBe(1);
});

test("each step tells how often it was taken, and for how long it was in force", () => {
  const on = ladder();
  levels(on, 0.5, 10);
  levels(on, 0, 20);
  levels(on, 0.5, 1);
  expect(on.stats.map(({ taken }) => taken)).toEqual([2, 0, 0]);
  expect(on.stats[0]?.forMs).toBeGreaterThanOrEqual(1_800);
  expect(on.stats[0]?.forMs).toBeLessThanOrEqual(2_000);
});

test("how near a step is, by the signal that is nearest", () => {
  const on = ladder();
  expect(on.proximity("third")).toBe(0);
  on.look({ load: 0.5, memory: 0.45 });
  expect(on.proximity("third")).toBe(0.5);
  expect(on.proximity("second")).toBeCloseTo(0.833, 2);
});

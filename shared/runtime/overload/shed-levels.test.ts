import { expect, test } from "vitest";
import { type Level, levelsToEnter, levelsToHold, ShedLevels } from "./shed-levels.ts";

const STEPS: readonly Level<"first" | "second" | "third", "load" | "memory">[] = [
  { name: "first", enter: { load: 0.4 }, leave: { load: 0.2 } },
  { name: "second", enter: { load: 0.6, memory: 0.8 }, leave: { load: 0.4, memory: 0.7 } },
  { name: "third", enter: { load: 1, memory: 0.9 }, leave: { load: 0.8, memory: 0.8 } },
];

let nowMs = 0;

function shedLevels(): ShedLevels<"first" | "second" | "third", "load" | "memory"> {
  nowMs = 0;
  return new ShedLevels(STEPS, () => nowMs);
}

/** The level after each update, one every 100 ms. */
function levels(on: ReturnType<typeof shedLevels>, load: number, updates: number): number[] {
  return Array.from({ length: updates }, () => {
    nowMs += 100;
    on.update({ load, memory: 0 });
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
])("signals of %j enter %i steps, and hold %i", (signals, entered, held) => {
  expect(levelsToEnter(STEPS, signals)).toBe(entered);
  expect(levelsToHold(STEPS, signals)).toBe(held);
});

test("steps are taken one at a time, each with time to help, however high the load", () => {
  expect(levels(shedLevels(), 5, 8)).toEqual([1, 1, 1, 2, 2, 2, 3, 3]);
});

test("when a step helps, no further one is taken", () => {
  const on = shedLevels();
  levels(on, 0.5, 2);
  expect(on.level).toBe(1);
  expect(levels(on, 0.3, 50)).toEqual(Array.from({ length: 50 }, () => 1));
});

test("steps are undone one at a time, the last one first, when no signal needs them", () => {
  const on = shedLevels();
  levels(on, 5, 10);
  const back = levels(on, 0, 35);
  expect(back.slice(0, 9)).toEqual(Array.from({ length: 9 }, () => 3));
  expect(back.lastIndexOf(3)).toBeLessThan(back.indexOf(2));
  expect(back.lastIndexOf(2) - back.indexOf(2)).toBeGreaterThanOrEqual(9);
  expect(back.lastIndexOf(1) - back.indexOf(1)).toBeGreaterThanOrEqual(9);
  expect(back.at(-1)).toBe(0);
});

test("an oscillating load doesn't make a step oscillate", () => {
  const on = shedLevels();
  const all = Array.from({ length: 20 }, (_, turn) => levels(on, turn % 2 === 0 ? 0.5 : 0, 5));
  expect(new Set(all.flat())).toEqual(new Set([1]));
  expect(on.stats[0]?.taken).toBe(1);
});

test("each step counts how often it was taken, and for how long it was in force", () => {
  const on = shedLevels();
  levels(on, 0.5, 10);
  levels(on, 0, 20);
  levels(on, 0.5, 1);
  expect(on.stats.map(({ taken }) => taken)).toEqual([2, 0, 0]);
  expect(on.stats[0]?.forMs).toBeGreaterThanOrEqual(1_800);
  expect(on.stats[0]?.forMs).toBeLessThanOrEqual(2_000);
});

test("the proximity of a step is that of the closest signal", () => {
  const on = shedLevels();
  expect(on.proximity("third")).toBe(0);
  on.update({ load: 0.5, memory: 0.45 });
  expect(on.proximity("third")).toBe(0.5);
  expect(on.proximity("second")).toBeCloseTo(0.833, 2);
});

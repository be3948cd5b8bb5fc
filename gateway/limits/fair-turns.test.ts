import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { FairTurns, Lane } from "./fair-turns.ts";

function fairTurns(perTurn = 1_000) {
  return new FairTurns({
    perClient: 3,
    perTurn,
    slice: 4,
    sliceMs: 1_000,
    now: () => 0,
  });
}

test("a client begins a few pieces at once; the rest waits, in its order, and others don't wait for it", async () => {
  const turns = fairTurns();
  const [flood, other] = [new Lane(), new Lane()];
  const done: string[] = [];
  for (let n = 0; n < 12; n += 1) turns.run(flood, () => done.push(`flood ${n}`));
  turns.run(other, () => done.push("other"));
  expect(done).toEqual(["flood 0", "flood 1", "flood 2", "other"]);
  await nextTurn();
  expect(done.length).toBe(8);
  // What waits is not overtaken by what comes later.
  turns.run(flood, () => done.push("flood 12"));
  turns.run(other, () => done.push("other again"));
  expect(done.at(-1)).toBe("other again");
  await expect.poll(() => flood.length).toBe(0);
  expect(done.filter((one) => one.startsWith("flood"))).toEqual(
    Array.from({ length: 13 }, (_, n) => `flood ${n}`),
  );
});

test("clients whose pieces wait take turns", async () => {
  const turns = fairTurns();
  const [first, second] = [new Lane(), new Lane()];
  const done: string[] = [];
  for (const [name, lane] of Object.entries({ first, second })) {
    for (let n = 0; n < 6; n += 1) turns.run(lane, () => done.push(name));
  }
  done.length = 0;
  await nextTurn();
  expect(done).toEqual(["first", "second", "first", "second"]);
});

test("all clients together begin only so much in one turn", async () => {
  const turns = fairTurns(5);
  const done: number[] = [];
  for (let n = 0; n < 8; n += 1) turns.run(new Lane(), () => done.push(n));
  expect(done).toEqual([0, 1, 2, 3, 4]);
  await expect.poll(() => done).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});

import { describe, expect, test } from "vitest";
import type { Told } from "../wire/dialect.ts";
import { Accounts, addExactness, noExactness, WINDOW } from "./accounts.ts";

function told(numbers: readonly number[], count = numbers.length, links: Told["links"] = []): Told {
  return { type: "told", count, numbers, dueUs: numbers.map(() => 0), links };
}

function judged(messages: readonly Told[], due: number | undefined, unsure = 0) {
  const accounts = new Accounts(3);
  // Neighbours' accounts must not be touched.
  for (const message of messages) accounts.take(1, message);
  const sums = noExactness();
  accounts.judge(1, due === undefined ? undefined : { least: due, most: due + unsure }, sums);
  const neighbours = noExactness();
  for (const viewer of [0, 2]) accounts.judge(viewer, { least: 0, most: 0 }, neighbours);
  expect(neighbours).toEqual({ ...noExactness(), judged: 2 });
  return sums;
}

const range = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => from + index);

describe("a viewer's account", () => {
  test("of one that got all, in whatever order, is clean", () => {
    expect(judged([told([1, 0]), told([3, 2, 4])], 5)).toEqual({
      ...noExactness(),
      judged: 1,
      due: 5,
      told: 5,
      seen: 5,
    });
  });

  test("tells what was lost", () => {
    expect(judged([told([0, 1, 3])], 5)).toMatchObject({ lost: 2, surplus: 0, twice: 0 });
  });

  test("tells what came twice, which is surplus as well", () => {
    expect(judged([told([0, 1]), told([1, 2])], 3)).toMatchObject({
      lost: 0,
      surplus: 1,
      twice: 1,
    });
  });

  test("tells apart what was seen and what was only counted", () => {
    expect(judged([told([0]), told([5], 99)], 100)).toMatchObject({
      told: 100,
      seen: 2,
      countedOnly: 98,
      lost: 0,
      surplus: 0,
    });
  });

  test("one lost and another twice don't cancel out", () => {
    const sums = judged([told([0, 1]), told([1, 2])], 4);
    expect(sums).toMatchObject({ told: 4, twice: 1 });
  });

  test("is not blamed for what may or may not have been taken", () => {
    expect(judged([told([0, 1, 2])], 2, 1)).toMatchObject({ lost: 0, surplus: 0 });
    expect(judged([told([0, 1])], 2, 1)).toMatchObject({ lost: 0, surplus: 0 });
    expect(judged([told([0, 1, 2, 3])], 2, 1)).toMatchObject({ lost: 0, surplus: 1 });
  });

  test("remembers as far back as its window, and says what is beyond it", () => {
    const all = range(0, 3 * WINDOW);
    expect(judged([told(all)], all.length)).toMatchObject({ twice: 0, stale: 0, lost: 0 });
    const newest = 3 * WINDOW - 1;
    expect(judged([told(all), told([newest - WINDOW + 1])], all.length)).toMatchObject({
      twice: 1,
    });
    expect(judged([told(all), told([newest - WINDOW])], all.length)).toMatchObject({
      twice: 0,
      stale: 1,
    });
  });

  test("a leap over more than a window leaves no old marks", () => {
    const far = 10 * WINDOW;
    const late = range(far - WINDOW + 1, far);
    const sums = judged([told(range(0, WINDOW)), told([far]), told(late)], undefined);
    expect(sums).toMatchObject({ twice: 0, stale: 0, unjudged: 1 });
  });

  test("follows the chain of durable events", () => {
    const link = (prev: number, seq: number) => told([], 1, [{ prev, seq }]);
    expect(judged([link(0, 7), link(7, 9), link(9, 10)], 3)).toMatchObject({ chainBreaks: 0 });
    expect(judged([link(0, 7), link(9, 10), link(10, 11)], 3)).toMatchObject({ chainBreaks: 1 });
  });
});

test("sums of several processes add up", () => {
  const sum = noExactness();
  addExactness(sum, judged([told([0, 1])], 2));
  addExactness(sum, judged([told([0])], 2));
  expect(sum).toMatchObject({ judged: 2, due: 4, told: 3, lost: 1 });
});

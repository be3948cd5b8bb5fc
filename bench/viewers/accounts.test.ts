import { describe, expect, test } from "vitest";
import type { ReceivedEvents } from "../wire/dialect.ts";
import { Accounts, addExactness, noExactness, WINDOW } from "./accounts.ts";

function received(
  numbers: readonly number[],
  count = numbers.length,
  links: ReceivedEvents["links"] = [],
): ReceivedEvents {
  return { type: "received", count, numbers, dueUs: numbers.map(() => 0), links };
}

function judged(messages: readonly ReceivedEvents[], expected: number | undefined, unsure = 0) {
  const accounts = new Accounts(3);
  // Other viewers' accounts must not change.
  for (const message of messages) accounts.take(1, message);
  const sums = noExactness();
  accounts.judge(
    1,
    expected === undefined ? undefined : { least: expected, most: expected + unsure },
    sums,
  );
  const neighbours = noExactness();
  for (const viewer of [0, 2]) accounts.judge(viewer, { least: 0, most: 0 }, neighbours);
  expect(neighbours).toEqual({ ...noExactness(), judged: 2 });
  return sums;
}

const range = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => from + index);

describe("a viewer's account", () => {
  test("shows no fault when it got everything, in any order", () => {
    expect(judged([received([1, 0]), received([3, 2, 4])], 5)).toEqual({
      ...noExactness(),
      judged: 1,
      expected: 5,
      received: 5,
      seen: 5,
    });
  });

  test("counts lost events", () => {
    expect(judged([received([0, 1, 3])], 5)).toMatchObject({ lost: 2, surplus: 0, twice: 0 });
  });

  test("counts events received twice, which are also surplus", () => {
    expect(judged([received([0, 1]), received([1, 2])], 3)).toMatchObject({
      lost: 0,
      surplus: 1,
      twice: 1,
    });
  });

  test("distinguishes events that were seen from those that were only counted", () => {
    expect(judged([received([0]), received([5], 99)], 100)).toMatchObject({
      received: 100,
      seen: 2,
      countedOnly: 98,
      lost: 0,
      surplus: 0,
    });
  });

  test("a lost event and a repeated one don't cancel out", () => {
    const sums = judged([received([0, 1]), received([1, 2])], 4);
    expect(sums).toMatchObject({ received: 4, twice: 1 });
  });

  test("ignores events that may or may not have been accepted", () => {
    expect(judged([received([0, 1, 2])], 2, 1)).toMatchObject({ lost: 0, surplus: 0 });
    expect(judged([received([0, 1])], 2, 1)).toMatchObject({ lost: 0, surplus: 0 });
    expect(judged([received([0, 1, 2, 3])], 2, 1)).toMatchObject({ lost: 0, surplus: 1 });
  });

  test("remembers as far back as its window, and counts what is beyond it as stale", () => {
    const all = range(0, 3 * WINDOW);
    expect(judged([received(all)], all.length)).toMatchObject({ twice: 0, stale: 0, lost: 0 });
    const newest = 3 * WINDOW - 1;
    expect(judged([received(all), received([newest - WINDOW + 1])], all.length)).toMatchObject({
      twice: 1,
    });
    expect(judged([received(all), received([newest - WINDOW])], all.length)).toMatchObject({
      twice: 0,
      stale: 1,
    });
  });

  test("a jump by more than a window leaves no old marks", () => {
    const far = 10 * WINDOW;
    const late = range(far - WINDOW + 1, far);
    const sums = judged([received(range(0, WINDOW)), received([far]), received(late)], undefined);
    expect(sums).toMatchObject({ twice: 0, stale: 0, unjudged: 1 });
  });

  test("follows the chain of durable events", () => {
    const link = (prev: number, seq: number) => received([], 1, [{ prev, seq }]);
    expect(judged([link(0, 7), link(7, 9), link(9, 10)], 3)).toMatchObject({ chainBreaks: 0 });
    expect(judged([link(0, 7), link(9, 10), link(10, 11)], 3)).toMatchObject({ chainBreaks: 1 });
  });
});

test("sums of several processes add up", () => {
  const sum = noExactness();
  addExactness(sum, judged([received([0, 1])], 2));
  addExactness(sum, judged([received([0])], 2));
  expect(sum).toMatchObject({ judged: 2, expected: 4, received: 3, lost: 1 });
});

import { expect, test } from "vitest";
import { Agenda, type Due, type Stream } from "./schedule.ts";

function steady(video: string, perSecond: number, count: number, fromUs = 0): Stream {
  const timing = { form: "steady", perSecond, fromUs, count } as const;
  return { video, kind: "like", firstNumber: 0, timing };
}

function taken(agenda: Agenda, untilUs: number): Due[] {
  const all: Due[] = [];
  agenda.take(untilUs, (due) => all.push(due));
  return all;
}

test("a steady stream has evenly spaced times that never drift", () => {
  const agenda = new Agenda([steady("a", 3, 4, 500)]);
  expect(agenda.nextUs).toBe(500);
  expect(taken(agenda, 499)).toEqual([]);
  expect(taken(agenda, 10_000_000).map(({ dueUs }) => dueUs)).toEqual([
    500, 333_833, 667_167, 1_000_500,
  ]);
  expect(agenda.nextUs).toBe(Number.POSITIVE_INFINITY);
});

test("events that are taken late keep their scheduled times", () => {
  const agenda = new Agenda([steady("a", 1_000, 100)]);
  expect(taken(agenda, 50_000)).toHaveLength(51);
  expect(taken(agenda, 50_000)).toHaveLength(0);
  expect(taken(agenda, 51_500).map(({ dueUs }) => dueUs)).toEqual([51_000]);
});

test("many streams are merged in order, each with its own numbers", () => {
  const listed: Stream = {
    video: "b",
    kind: "like",
    firstNumber: 7,
    timing: { form: "listed", dueUs: [5, 5, 900_000] },
  };
  const streams = [
    ...Array.from({ length: 50 }, (_, index) => steady(`v${index}`, index + 1, 20)),
    listed,
  ];
  const all = taken(new Agenda(streams), Number.MAX_SAFE_INTEGER);
  expect(all).toHaveLength(50 * 20 + 3);
  for (const [index, { dueUs }] of all.entries()) {
    expect(dueUs).toBeGreaterThanOrEqual(all[index - 1]?.dueUs ?? 0);
  }
  for (const stream of streams) {
    const numbers = all.filter((due) => due.stream === stream).map(({ number }) => number);
    expect(numbers).toEqual(numbers.map((_, index) => stream.firstNumber + index));
  }
});

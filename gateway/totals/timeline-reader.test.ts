import { expect, test } from "vitest";
import { timelineKey } from "../../shared/protocol/subjects.ts";
import { NO_MARKS } from "../../shared/protocol/totals/marks.ts";
import {
  encodeTimeline,
  HOUR_MS,
  SLOT_MS,
} from "../../shared/protocol/totals/timeline-document.ts";
import { TimelineReader } from "./timeline-reader.ts";

const HOUR = 500_000;
const START = HOUR * HOUR_MS;

interface StoredSlot {
  readonly likes?: number;
  readonly viewers?: number;
}

/** A reader of hours that have these slots, by their number in the hour. */
function readerOf(hours: Readonly<Record<number, Readonly<Record<number, StoredSlot>>>>) {
  const stored = new Map(
    Object.entries(hours).map(([hour, slots]) => {
      const entries = Object.entries(slots).map(([slot, { likes, viewers }]) => {
        const counts = new Map(likes === undefined ? [] : [["like", likes]]);
        return [Number(slot), { counts, viewers }] as const;
      });
      const document = { slots: new Map(entries), marks: NO_MARKS };
      return [timelineKey("launch", HOUR + Number(hour)), encodeTimeline(document)];
    }),
  );
  return new TimelineReader({
    get: async (key) => {
      const value = stored.get(key);
      return value === undefined ? undefined : { key, value, revision: 1 };
    },
  });
}

const point = (at: number, like: number, viewers: number | null) => {
  return { at: START + at, counts: like === 0 ? {} : { like }, viewers };
};

test("events are added up over each step, also across hours; of viewers, the most are told", async () => {
  const reader = readerOf({
    [-1]: { 358: { likes: 1, viewers: 5 }, 359: { likes: 2, viewers: 4 } },
    0: { 0: { likes: 4, viewers: 9 }, 1: { likes: 8, viewers: 2 } },
  });
  const read = { from: START - 2 * SLOT_MS, to: START + 4 * SLOT_MS, step: 3 * SLOT_MS };
  const { points } = await reader.read("launch", read);
  expect(points).toEqual([point(-2 * SLOT_MS, 7, 9), point(SLOT_MS, 8, 2)]);
});

test("the viewers of a time in which their number did not change are those before, for an hour", async () => {
  const reader = readerOf({ [-1]: { 354: { viewers: 3 } } });
  const read = { from: START, to: START + 2 * HOUR_MS, step: HOUR_MS / 2 };
  const { points } = await reader.read("launch", read);
  expect(points.map(({ viewers }) => viewers)).toEqual([3, 3, null, null]);
});

test("nothing is known of a time without hours", async () => {
  const read = { from: START, to: START + SLOT_MS, step: SLOT_MS };
  expect((await readerOf({}).read("launch", read)).points).toEqual([point(0, 0, null)]);
});

test("a timeline that can't be read is an error, not an empty one", async () => {
  const reader = new TimelineReader({ get: () => Promise.reject(new Error("timeout")) });
  const reading = reader.read("launch", { from: START, to: START + SLOT_MS, step: SLOT_MS });
  await expect(reading).rejects.toMatchObject({ code: "history_unavailable" });
});

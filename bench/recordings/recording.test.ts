import { join } from "node:path";
import { expect, test } from "vitest";
import { arrivalsOf, dueUs } from "../publishers/schedule.ts";
import { play, type Recording, readRecording, recordingOf } from "./recording.ts";

const recording: Recording = {
  format: 1,
  about: "test",
  points: [
    { at: 0, viewers: 10, likes: 4, comments: 0 },
    { at: 2, viewers: 16, likes: 2, comments: 1 },
    { at: 4, viewers: 6, likes: 0, comments: 0 },
  ],
};

test("a recording is played at its original times", () => {
  const { seconds, first, moves, everOpened, streams } = play(recording, "v", 1, 1);
  expect({ seconds, first, everOpened }).toEqual({ seconds: 4, first: 10, everOpened: 16 });
  expect(moves).toEqual([
    { atMs: 2_000, viewers: 6 },
    { atMs: 4_000, viewers: -10 },
  ]);
  const [likes, comments] = streams;
  expect(likes && [0, 1, 2, 3, 4, 5].map((index) => dueUs(likes, index))).toEqual([
    0, 500_000, 1_000_000, 1_500_000, 2_000_000, 3_000_000,
  ]);
  expect(comments).toMatchObject({ kind: "comment", timing: { dueUs: [2_000_000] } });
});

test("a recording can be played faster or smaller", () => {
  const { seconds, moves, streams } = play(recording, "v", 2, 0.5);
  expect(seconds).toBe(2);
  expect(moves[0]).toEqual({ atMs: 1_000, viewers: 3 });
  expect(streams[0]).toMatchObject({ timing: { dueUs: [0, 500_000, 1_000_000] } });
});

test("a played recording is recorded completely, second by second", () => {
  const { streams } = play(recording, "v", 1, 1);
  const second = { deliveries: 0, frames: 0, published: 0, cpu: {}, rssBytes: {}, lagMs: 0 };
  const seconds = [
    { ...second, at: 0, viewers: 10 },
    { ...second, at: 2, viewers: 16 },
  ];
  expect(recordingOf("again", { seconds, arrivals: arrivalsOf(streams) }).points).toEqual([
    { at: 0, viewers: 10, likes: 2, comments: 0 },
    { at: 1, viewers: 10, likes: 2, comments: 0 },
    { at: 2, viewers: 16, likes: 1, comments: 1 },
    { at: 3, viewers: 16, likes: 1, comments: 0 },
    { at: 4, viewers: 16, likes: 0, comments: 0 },
  ]);
});

test("the included match is a valid recording", () => {
  const match = readRecording(join(import.meta.dirname, "match.json"));
  expect(match.points).toHaveLength(91);
  const likes = match.points.map((point) => point.likes);
  expect(likes[17]).toBeGreaterThan(10 * (likes[16] ?? 0));
});

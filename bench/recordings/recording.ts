/** A recorded or synthetic audience: how many watched and what they did, over time. */
import { readFileSync, writeFileSync } from "node:fs";
import { z } from "zod";
import type { Stream } from "../publishers/schedule.ts";
import type { LoadResult } from "../report/result.ts";

const recordingSchema = z.object({
  format: z.literal(1),
  about: z.string(),
  /** Each covers the time from its `at` (seconds) to that of the next; the last one ends it. */
  points: z
    .array(
      z.object({
        at: z.number().min(0),
        /** How many watch at `at`. */
        viewers: z.int().min(0),
        /** Events until the next point. */
        likes: z.int().min(0),
        comments: z.int().min(0).default(0),
      }),
    )
    .min(2),
});

export type Recording = z.output<typeof recordingSchema>;

/** @throws when the file is not a recording */
export function readRecording(path: string): Recording {
  const parsed = recordingSchema.safeParse(JSON.parse(readFileSync(path, "utf8")));
  if (!parsed.success) throw new Error(`${path}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/** Records the audience of a run: what was published second by second, and how many watched. */
export function recordingOf(
  about: string,
  { seconds, arrivals }: Pick<LoadResult, "seconds" | "arrivals">,
): Recording {
  let watching = seconds[0]?.viewers ?? 0;
  const points = arrivals.map(({ like = 0, comment = 0 }, at) => {
    watching = seconds.find((second) => second.at === at)?.viewers ?? watching;
    return { at, viewers: watching, likes: like, comments: comment };
  });
  const end = { at: points.length, viewers: watching, likes: 0, comments: 0 };
  return { format: 1, about, points: [...points, end] };
}

export function writeRecording(path: string, recording: Recording): void {
  writeFileSync(path, `${JSON.stringify(recording)}\n`);
}

/** A change of the audience, in milliseconds from the start. */
interface Move {
  readonly atMs: number;
  /** If negative, that many leave. */
  readonly viewers: number;
}

export interface Played {
  readonly seconds: number;
  readonly first: number;
  readonly moves: readonly Move[];
  /** The total number of viewers that are opened, including those that leave. */
  readonly everOpened: number;
  readonly streams: readonly Stream[];
}

/**
 * Converts a recording to streams and moves.
 * @param speed 2 plays it twice as fast
 * @param scale 0.5 plays it with half the viewers and half the events
 */
export function play(recording: Recording, video: string, speed: number, scale: number): Played {
  const { points } = recording;
  const sized = (count: number) => Math.round(count * scale);
  const moves: Move[] = [];
  const due = { like: [] as number[], comment: [] as number[] };
  const first = sized(points[0]?.viewers ?? 0);
  let watching = first;
  let everOpened = first;
  for (const [index, point] of points.entries()) {
    const viewers = sized(point.viewers);
    if (viewers !== watching) {
      moves.push({ atMs: (1_000 * point.at) / speed, viewers: viewers - watching });
      everOpened += Math.max(0, viewers - watching);
      watching = viewers;
    }
    const next = points[index + 1];
    if (next === undefined) break;
    const fromUs = (1e6 * point.at) / speed;
    const forUs = (1e6 * (next.at - point.at)) / speed;
    for (const [kind, count] of [
      ["like", sized(point.likes)],
      ["comment", sized(point.comments)],
    ] as const) {
      for (let n = 0; n < count; n += 1) due[kind].push(Math.round(fromUs + (forUs * n) / count));
    }
  }
  const stream = (kind: "like" | "comment", text?: string): Stream => ({
    video,
    kind,
    firstNumber: 0,
    timing: { form: "listed", dueUs: due[kind] },
    ...(text === undefined ? {} : { text }),
  });
  return {
    seconds: (points.at(-1)?.at ?? 0) / speed,
    first,
    moves,
    everOpened,
    streams: [stream("like"), ...(due.comment.length > 0 ? [stream("comment", "Goal!")] : [])],
  };
}

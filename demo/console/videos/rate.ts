/** Comments per minute, from what a video's totals were at several moments. */

interface Sample {
  readonly atMs: number;
  readonly total: number;
}

/** Samples by video, the oldest first. */
export type Samples = ReadonlyMap<string, readonly Sample[]>;

const WINDOW_MS = 60_000;
/** A rate over less than this says too little. */
const LEAST_MS = 4_000;

/** @param totals of the videos that are listed now; others are forgotten */
export function sampled(
  samples: Samples,
  atMs: number,
  totals: ReadonlyMap<string, number>,
): Samples {
  return new Map(
    [...totals].map(([video, total]) => {
      const known = samples.get(video) ?? [];
      // A total falls when comments are deleted: the rate begins again from there.
      const last = known.at(-1);
      if (last !== undefined && total < last.total) return [video, [{ atMs, total }]];
      // The one before the window is the one to compare with.
      const recent = known.filter((_, at) => (known[at + 1]?.atMs ?? atMs) > atMs - WINDOW_MS);
      return [video, [...recent, { atMs, total }]];
    }),
  );
}

/** Undefined until it is known. */
export function perMinute(samples: Samples, video: string): number | undefined {
  const known = samples.get(video) ?? [];
  const [first, last] = [known[0], known.at(-1)];
  if (first === undefined || last === undefined || last.atMs - first.atMs < LEAST_MS)
    return undefined;
  return Math.round(((last.total - first.total) * WINDOW_MS) / (last.atMs - first.atMs));
}

/** The expected audience, as videos of at most two sorts. */
import type { SizingInput } from "./settings.ts";

/** Videos that are all alike. Rates are those of one video, a second. */
export interface VideoSort {
  readonly name: "hot" | "other";
  readonly videos: number;
  readonly viewers: number;
  readonly likes: number;
  readonly comments: number;
  /** Viewers that arrive; as many leave. */
  readonly connects: number;
}

/** How long a viewer stays, unless `connects` is set. */
const STAY_SECONDS = 600;

export function connectsPerSecond({ viewers, connects }: SizingInput): number {
  return connects ?? viewers / STAY_SECONDS;
}

export function videoSorts(input: SizingInput): readonly VideoSort[] {
  const { viewers, videos, likes, hotLikes, comments } = input;
  // A single video is watched by everybody.
  const hotShare = videos === 1 ? 1 : input.hotPercent / 100;
  const connects = connectsPerSecond(input);
  const sort = (name: VideoSort["name"], count: number, share: number, allLikes: number) => ({
    name,
    videos: count,
    viewers: (viewers * share) / count,
    likes: allLikes / count,
    comments: (comments * share) / count,
    connects: (connects * share) / count,
  });
  if (hotShare === 0) return [sort("other", videos, 1, likes)];
  if (videos === 1) return [sort("hot", 1, 1, likes)];
  const onHot = hotLikes ?? likes * hotShare;
  return [
    sort("hot", 1, hotShare, onHot),
    sort("other", videos - 1, 1 - hotShare, Math.max(0, likes - onHot)),
  ];
}

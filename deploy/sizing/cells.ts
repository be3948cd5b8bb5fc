/**
 * Spreading the videos over several deployments ("cells"), each with gateways, dispatchers and a NATS
 * of its own: what no further process helps against is divided by their number.
 */
import { videoSorts } from "./audience.ts";
import type { SizingInput } from "./settings.ts";

/** The audience of one of so many cells: that which has the hot video. */
export function partOf(input: SizingInput, cells: number): SizingInput {
  if (cells === 1) return input;
  const sorts = videoSorts(input);
  const hot = sorts.find(({ name }) => name === "hot");
  const other = sorts.find(({ name }) => name === "other");
  const hotViewers = hot?.viewers ?? 0;
  const videos = Math.ceil((other?.videos ?? 0) / cells);
  const viewers = Math.ceil(hotViewers + videos * (other?.viewers ?? 0));
  const share = viewers / input.viewers;
  return {
    ...input,
    viewers,
    videos: videos + (hot === undefined ? 0 : 1),
    hotPercent: hot === undefined ? 0 : (100 * hotViewers) / viewers,
    likes: (hot?.likes ?? 0) + videos * (other?.likes ?? 0),
    hotLikes: hot?.likes,
    comments: input.comments * share,
    connects: input.connects === undefined ? undefined : input.connects * share,
  };
}

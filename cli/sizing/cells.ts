/**
 * Spreading the videos over several deployments ("cells"), each with gateways, dispatchers and a NATS
 * of its own: what no further process helps against is divided by their number.
 */
import { videoSorts } from "./audience.ts";
import type { SizingInput } from "./settings.ts";

/**
 * The audience of one of so many cells.
 * @param hasHot whether it is that which has the hot video, where there is one
 */
export function partOf(input: SizingInput, cells: number, hasHot = true): SizingInput {
  if (cells === 1) return input;
  const sorts = videoSorts(input);
  const hot = hasHot ? sorts.find(({ name }) => name === "hot") : undefined;
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

/** So much more than with the best number of cells is no reason for more cells. */
const AS_GOOD_AS = 1.1;
/** The most cells that are looked at, as a multiple of the fewest, and how many numbers of them. */
const LOOK_UP_TO = 4;
const NUMBERS_TRIED = 30;

/**
 * The number of cells to have, when it takes several: the fewest that do would be close to their
 * limits, and need many more processes for it. So it is the fewest that need about as few as any.
 * @param fewest that carry the audience
 * @param most that there may be, as each has a video
 * @param processes that so many cells need, over all of them
 */
export function goodNumber(
  fewest: number,
  most: number,
  processes: (cells: number) => number,
): number {
  const step = Math.max(1, Math.ceil(((LOOK_UP_TO - 1) * fewest) / NUMBERS_TRIED));
  const tried: { readonly cells: number; readonly needs: number }[] = [];
  for (let cells = fewest; cells <= Math.min(most, LOOK_UP_TO * fewest); cells += step) {
    tried.push({ cells, needs: processes(cells) });
  }
  const least = Math.min(...tried.map(({ needs }) => needs));
  return tried.find(({ needs }) => needs <= least * AS_GOOD_AS)?.cells ?? fewest;
}

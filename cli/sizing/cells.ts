/**
 * Spreads the videos over several deployments ("cells"), each with its own gateways, dispatchers and
 * NATS. Load that more processes can't reduce is divided among the cells.
 */
import { videoSorts } from "./audience.ts";
import type { SizingInput } from "./settings.ts";

/**
 * The audience of one of so many cells.
 * @param hasHot whether it is the cell with the hot video, if there is one
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

/** A total within this factor of the best is good enough: it doesn't justify more cells. */
const AS_GOOD_AS = 1.1;
/** The most cells that are tried, as a multiple of the fewest, and how many numbers of them. */
const SEARCH_FACTOR = 4;
const NUMBERS_TRIED = 30;

/**
 * The number of cells to use when one is not enough. The smallest number would run close to its
 * limits and need many more processes, so this is the fewest cells with about as few processes as
 * any number needs.
 * @param fewest the fewest that carry the audience
 * @param most the most that are possible, as each needs a video
 * @param processes how many processes that many cells need in total
 */
export function goodNumber(
  fewest: number,
  most: number,
  processes: (cells: number) => number,
): number {
  const step = Math.max(1, Math.ceil(((SEARCH_FACTOR - 1) * fewest) / NUMBERS_TRIED));
  const tried: { readonly cells: number; readonly needs: number }[] = [];
  for (let cells = fewest; cells <= Math.min(most, SEARCH_FACTOR * fewest); cells += step) {
    tried.push({ cells, needs: processes(cells) });
  }
  const least = Math.min(...tried.map(({ needs }) => needs));
  return tried.find(({ needs }) => needs <= least * AS_GOOD_AS)?.cells ?? fewest;
}

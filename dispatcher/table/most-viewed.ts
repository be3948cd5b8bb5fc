/** Which videos have the most viewers. */
import TinyQueue from "tinyqueue";
import { forEachInSlices } from "../../shared/lib/slices.ts";
import type { VideoPatterns } from "../../shared/protocol/video-patterns.ts";
import type { RouteTable } from "./routes.ts";

/** A fraction of a millisecond of work: events are dispatched in between. */
const VIDEOS_AT_ONCE = 1_000;

export interface RankedVideo {
  readonly video: string;
  readonly viewers: number;
}

/** The one with fewer viewers first; of as many, the one whose name comes later. */
function fewerFirst(one: RankedVideo, other: RankedVideo): number {
  return one.viewers - other.viewers || (one.video < other.video ? 1 : -1);
}

/**
 * The videos with the most viewers, the most first; those without any are left out.
 * @param among which videos count
 * @param limit how many videos at most
 */
export async function mostViewed(
  routes: Pick<RouteTable, "videos" | "viewers">,
  among: Pick<VideoPatterns, "cover">,
  limit: number,
): Promise<RankedVideo[]> {
  const most = new TinyQueue<RankedVideo>([], fewerFirst);
  await forEachInSlices(routes.videos(), VIDEOS_AT_ONCE, (video) => {
    if (!among.cover(video)) return;
    const viewers = routes.viewers(video);
    if (viewers === 0) return;
    most.push({ video, viewers });
    if (most.length > limit) most.pop();
  });
  return most.data.toSorted((one, other) => fewerFirst(other, one));
}

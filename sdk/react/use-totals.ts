/** The totals of a video as a hook. */
import type { Counts } from "../../shared/protocol/wire/server-messages.ts";
import type { Video } from "../video.ts";
import { useLive } from "./use-live.ts";

const NONE: Counts = {};

/**
 * How many events of each kind a video has had since its start, by kind and by `kind:variant`; empty
 * until it is known. This client's own likes count at once.
 *
 * @example
 * const { like = 0 } = useTotals(video);
 * return <b>{like.toLocaleString()} likes</b>;
 */
export function useTotals<Kinds extends object>(video: Video<Kinds>): Counts {
  return useLive(video.totals, NONE, [video]);
}

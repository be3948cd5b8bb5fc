/** Values that change, loaded when they are first listened to. It shares no module with the core. */
import type { Counts } from "../../shared/protocol/wire/server-messages.ts";
import type { LiveValue } from "../live-value.ts";
import type { FollowedHost } from "./host.ts";
import { VideoTotals } from "./video-totals.ts";

export { countsOf } from "./counts.ts";
export { stateOf } from "./state.ts";

/** So that all handles of a video show the same. */
const followed = new WeakMap<FollowedHost, Map<string, VideoTotals>>();

/** The totals of a video. */
export function totalsOf(host: FollowedHost, video: string): LiveValue<Counts> {
  const videos = followed.get(host) ?? new Map<string, VideoTotals>();
  followed.set(host, videos);
  const known = videos.get(video);
  if (known !== undefined) return known;
  const totals = new VideoTotals(video, host);
  videos.set(video, totals);
  return totals;
}

/** Ends a video: refuses what is published from now on, and tells everyone so as state. */
import { ENDED_KIND } from "../../shared/protocol/kinds.ts";
import type { EndedVideos } from "./ended-videos.ts";
import { eventOf, statePut } from "./state-change.ts";
import type { VideoStates } from "./video-states.ts";

/**
 * May be repeated: that changes nothing.
 * @returns when it ended, in milliseconds since 1970
 * @throws OvationError state_unavailable, and as VideoStates.edit
 */
export async function endVideo(
  ended: Pick<EndedVideos, "end">,
  states: Pick<VideoStates, "edit" | "newEvent">,
  video: string,
): Promise<number> {
  // First, so that nothing that was accepted after the answer is shown.
  await ended.end(video);
  const event = states.newEvent();
  let { at } = event;
  await states.edit(video, (values) => {
    const known = values.get(ENDED_KIND);
    if (known === undefined) return [statePut(ENDED_KIND, { ...event, data: { at: event.at } })];
    at = known.at;
    // Sent again: the dispatcher that stored it may have died before it sent it to the gateways.
    return [statePut(ENDED_KIND, eventOf(known))];
  });
  return at;
}

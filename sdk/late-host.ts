/** The host of a video whose events go through a chunk of the client, which is loaded on use. */
import { whenLoaded } from "./live-value.ts";
import type { VideoPart } from "./playhead/host.ts";
import type { VideoHost } from "./video.ts";

/** @param load gets the part that replaces the host's own; called again after it has failed */
export function lateHost(host: VideoHost, load: () => Promise<VideoPart>): VideoHost {
  let loading: Promise<VideoPart> | undefined;
  let part: VideoPart | undefined;
  const loaded = async () => {
    loading ??= load();
    try {
      part = await loading;
      return part;
    } catch (error) {
      loading = undefined;
      throw error;
    }
  };
  return {
    ...host,
    channel: () => part?.channel(),
    watch: (_id, watcher, state) =>
      whenLoaded(loaded, (found) => found.watch(watcher, state), host.report),
  };
}

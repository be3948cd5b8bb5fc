/** A video as a hook. */
import { useEffect, useMemo } from "react";
import type { Ovation } from "../client.ts";
import type { Video } from "../video.ts";
import type { VideoOptions } from "../video-options.ts";
import { useNewest } from "./use-newest.ts";

/**
 * A video, watched while the component is mounted.
 *
 * @example
 * const video = useVideo(ovation, "launch", { history: 50 });
 * const { total, publish } = useLikes(video);
 */
export function useVideo<Kinds extends object>(
  ovation: Ovation<Kinds>,
  id: string,
  { history = 0, after, kinds, hidden = false, playhead: given }: VideoOptions = {},
): Video<Kinds> {
  // A component may make the list, and the function, anew each time that it renders.
  const names = kinds?.join();
  const newest = useNewest(given);
  const hasPlayhead = given !== undefined;
  // biome-ignore lint/correctness/useExhaustiveDependencies: `names` stands for `kinds`, and `after` is where a video begins
  const video = useMemo(() => {
    const playhead = hasPlayhead ? () => newest.current?.() : undefined;
    return ovation.video(id, { history, after, kinds, hidden, playhead });
  }, [ovation, id, history, names, hidden, hasPlayhead, newest]);
  useEffect(() => video.watch(), [video]);
  return video;
}

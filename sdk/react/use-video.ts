/** A video as a hook. */
import { useEffect, useMemo } from "react";
import type { Ovation } from "../client.ts";
import type { Video, VideoOptions } from "../video.ts";

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
  { history = 0 }: VideoOptions = {},
): Video<Kinds> {
  const video = useMemo(() => ovation.video(id, { history }), [ovation, id, history]);
  useEffect(() => video.watch(), [video]);
  return video;
}

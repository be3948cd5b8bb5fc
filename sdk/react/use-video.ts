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
  { history = 0, kinds, hidden = false }: VideoOptions = {},
): Video<Kinds> {
  // A component may make the list anew each time that it renders.
  const names = kinds?.join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: `names` stands for `kinds`
  const video = useMemo(
    () => ovation.video(id, { history, kinds, hidden }),
    [ovation, id, history, names, hidden],
  );
  useEffect(() => video.watch(), [video]);
  return video;
}

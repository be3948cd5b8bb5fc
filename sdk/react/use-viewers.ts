/** The number of viewers as a hook. */
import { VIEWERS_KIND } from "../../shared/protocol/kinds.ts";
import type { Video } from "../video.ts";
import { frameStore } from "./frame-store.ts";
import { useFrameStore } from "./use-frame-store.ts";

/**
 * The number of viewers of a video; undefined until it is known.
 *
 * @example
 * const viewers = useViewers(video);
 * return <span>{viewers ?? "…"} watching</span>;
 */
export function useViewers<Kinds extends object>(video: Video<Kinds>): number | undefined {
  return useFrameStore(
    () =>
      frameStore<number | undefined>(undefined, (feed) => {
        return video.on(VIEWERS_KIND, ({ data }) => feed(() => data.viewers));
      }),
    [video],
  );
}

/** The numbers of several videos as a hook. */
import type { Ovation } from "../client.ts";
import type { CountsById } from "../live/counts.ts";
import { frameStore } from "./frame-store.ts";
import { useFrameStore } from "./use-frame-store.ts";

/**
 * The numbers of up to 100 videos, by id, for a lobby; it is not counted as a viewer of them. A video
 * whose numbers are not known yet is absent.
 *
 * @example
 * const counts = useCounts(ovation, ["launch", "keynote"]);
 * return <span>{counts.launch?.viewers ?? "…"} watching</span>;
 */
export function useCounts<Kinds extends object>(
  ovation: Ovation<Kinds>,
  ids: readonly string[],
): CountsById {
  return useFrameStore(
    () =>
      frameStore<CountsById>({}, (feed) => {
        if (ids.length === 0) return () => undefined;
        return ovation.counts(ids).onChange((counts) => feed(() => counts));
      }),
    [ovation, ids.join()],
  );
}

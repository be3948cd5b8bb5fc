/** The numbers of several videos, for a page that lists them. */
import type { TOTALS_KIND, VIEWERS_KIND } from "../../shared/protocol/kinds.ts";
import type { Counts } from "../../shared/protocol/wire/server-messages.ts";
import type { LiveValue } from "../live-value.ts";
import type { FollowedVideo } from "./host.ts";

/**
 * What is known of a video's numbers.
 *
 * @example
 * const label = ({ viewers = 0, totals }: VideoCounts) => `${viewers} watch, ${totals.like} likes`;
 */
export interface VideoCounts {
  readonly viewers?: number;
  /** How many different actors watch, estimated, where the deployment counts them. */
  readonly actors?: number | undefined;
  /** How many events of each kind there were; empty until it is known. */
  readonly totals: Counts;
}

/**
 * Numbers by video id, of the videos whose numbers are known.
 *
 * @example
 * const total = ({ launch }: CountsById) => launch?.totals.like ?? 0;
 */
export type CountsById = Readonly<Record<string, VideoCounts>>;

/** Not imported: a module that the core uses too would be loaded as a further file. */
const VIEWERS: typeof VIEWERS_KIND = "viewers";
const TOTALS: typeof TOTALS_KIND = "totals";

/** Another object after each change. */
export function countsOf(videos: readonly FollowedVideo[]): LiveValue<CountsById> {
  let current: CountsById = {};
  return {
    get current() {
      return current;
    },
    onChange: (listener) => {
      const take = (id: string, news: Partial<VideoCounts>) => {
        current = { ...current, [id]: { totals: {}, ...current[id], ...news } };
        listener(current);
      };
      const offs = videos.flatMap((video) => [
        video.on(VIEWERS, ({ data }) => {
          const { viewers, actors } = data as Omit<VideoCounts, "totals"> & { viewers: number };
          take(video.id, { viewers, actors });
        }),
        video.on(TOTALS, ({ data }) => take(video.id, { totals: data as Counts })),
      ]);
      return () => {
        for (const off of offs) off();
      };
    },
  };
}

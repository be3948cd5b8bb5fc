/** The numbers of several videos, for a page that lists them. */
import { TOTALS_KIND, VIEWERS_KIND } from "../shared/protocol/kinds.ts";
import { check } from "./arguments.ts";
import type { Video } from "./video.ts";

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
  readonly totals: Readonly<Record<string, number>>;
}

/**
 * The numbers of several videos, created by {@link Ovation.counts}. They are followed as long as
 * there is a listener.
 *
 * @example
 * const lobby = ovation.counts(["launch", "keynote"]);
 * const off = lobby.onChange((counts) => show("launch", counts.launch?.viewers));
 */
export class Counts {
  readonly #videos: readonly Video[];
  #current: Readonly<Record<string, VideoCounts>> = {};

  /** Internal: use {@link Ovation.counts}. */
  constructor(videos: readonly Video[]) {
    this.#videos = videos;
  }

  /**
   * The newest numbers by video id, of the videos whose numbers are known. Another object after each
   * change.
   *
   * @example
   * const total = lobby.current.launch?.totals.like;
   */
  get current(): Readonly<Record<string, VideoCounts>> {
    return this.#current;
  }

  /**
   * Calls `listener` with all numbers when one of them changes. Returns a function that removes it.
   *
   * @example
   * const off = lobby.onChange((counts) => draw(counts));
   */
  onChange(listener: (counts: Readonly<Record<string, VideoCounts>>) => void): () => void {
    check("listener", listener, "function");
    const take = (id: string, news: Partial<VideoCounts>) => {
      this.#current = { ...this.#current, [id]: { totals: {}, ...this.#current[id], ...news } };
      listener(this.#current);
    };
    const offs = this.#videos.flatMap((video) => [
      video.on(VIEWERS_KIND, ({ data: { viewers, actors } }) =>
        take(video.id, { viewers, actors }),
      ),
      video.on(TOTALS_KIND, ({ data: totals }) => take(video.id, { totals })),
    ]);
    return () => {
      for (const off of offs) off();
    };
  }
}

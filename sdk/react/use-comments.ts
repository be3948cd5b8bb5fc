/** Comments as a hook. */
import { RETRACTED_KIND } from "../../shared/protocol/kinds.ts";
import { retractedSeq } from "../recent.ts";
import type { EventOf, Video } from "../video.ts";
import { frameStore } from "./frame-store.ts";
import { useFrameStore } from "./use-frame-store.ts";

/**
 * Which comments a component shows.
 *
 * @example
 * const questions = useComments(video, { kind: "question", limit: 20 });
 */
export interface CommentsOptions<Kind extends string> {
  /** Default: `comment`. */
  readonly kind?: Kind;
  /** The most that are kept; the oldest go first. Default: 200. */
  readonly limit?: number;
}

const DEFAULT_LIMIT = 200;

/**
 * The newest comments of a video, oldest first, without those that were taken back. Each has an
 * `id`, unique and the same in every window, to be its key. The list begins with those that the
 * video's `history` gives, and changes once an animation frame at most.
 *
 * @example
 * const comments = useComments(video, { limit: 100 });
 * return <ul>{comments.map(({ id, data }) => <li key={id}>{data.text}</li>)}</ul>;
 */
export function useComments<Kinds extends object, Kind extends string = "comment">(
  video: Video<Kinds>,
  { kind = "comment" as Kind, limit = DEFAULT_LIMIT }: CommentsOptions<Kind> = {},
): readonly EventOf<Kinds, Kind>[] {
  type Comment = EventOf<Kinds, Kind>;
  return useFrameStore(
    () =>
      frameStore<readonly Comment[]>([], (feed) => {
        const isComment = (event: { readonly kind: string }): event is Comment =>
          event.kind === kind;
        const add = (events: readonly { readonly kind: string; readonly id: string }[]) => {
          const added = events.filter(isComment);
          if (added.length === 0) return;
          feed((shown) => {
            const known = new Set(shown.map(({ id }) => id));
            return [...shown, ...added.filter(({ id }) => !known.has(id))].slice(-limit);
          });
        };
        // What was given before this component was there.
        add(video.recent);
        const offs = [
          video.onFrame(({ events }) => add(events)),
          video.on(RETRACTED_KIND, (event) => {
            const seq = retractedSeq(event);
            feed((shown) => shown.filter((comment) => comment.seq !== seq));
          }),
          // Of a history that was made anew, what is shown is no part any more.
          video.onMissed(({ isNewHistory }) => {
            if (isNewHistory) feed(() => []);
          }),
        ];
        return () => {
          for (const off of offs) off();
        };
      }),
    [video, kind, limit],
  );
}

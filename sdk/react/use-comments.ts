/** Comments as a hook. */
import { useCallback, useState } from "react";
import { RETRACTED_KIND } from "../../shared/protocol/kinds.ts";
import type { OvationError } from "../error.ts";
import type { Published } from "../outbox.ts";
import type { Parse } from "../parse.ts";
import type { DataOf, EventOf, KindOf, ReceivedData } from "../typed-events.ts";
import type { Video } from "../video.ts";
import { type Feed, frameStore } from "./frame-store.ts";
import { useFrameStore } from "./use-frame-store.ts";
import { useLive } from "./use-live.ts";
import { useNewest } from "./use-newest.ts";

/**
 * Which comments a component shows. With a {@link Parse} as `parse`, comments whose data it refuses
 * are skipped; without it, `data` is `unknown`.
 *
 * @example
 * const options: CommentsOptions<"question"> = { kind: "question", limit: 20 };
 */
export interface CommentsOptions<Kind extends string = "comment"> {
  /** Default: `comment`. */
  readonly kind?: Kind;
  /** How many comments the list keeps, up to 1,000; the oldest are removed first. Default: 200. */
  readonly limit?: number;
  /** Whether slow mode doesn't apply to this viewer, as to moderators. Default: false. */
  readonly isExempt?: boolean;
  /** Called with `data_unexpected` when `parse` refuses a comment. Default: the client's `onError`. */
  readonly onError?: (error: OvationError) => void;
}

/**
 * The result of {@link useComments}.
 *
 * @example
 * const Count = ({ chat }: { chat: Comments<object, "comment"> }) => <b>{chat.comments.length}</b>;
 */
export interface Comments<Kinds extends object, Kind extends string, Data = ReceivedData<Kind>> {
  /**
   * The newest comments, oldest first, without deleted ones. Each has a unique `id`, the same in
   * every window: use it as the key.
   */
  readonly comments: readonly EventOf<Kind, Data>[];
  /**
   * When the viewer may publish the next comment, in milliseconds since 1970 by its own clock;
   * undefined: now. The component renders again when it may. In a room in slow mode it follows from
   * the last comment that this client published, by whatever component, and from refusals.
   */
  readonly canSendAt: number | undefined;
  /** Why the last comment of this component was refused; undefined if it was accepted. */
  readonly error: OvationError | undefined;
  /**
   * Publishes a comment. Never rejects: it resolves with `undefined` when the comment was refused,
   * and `error` says why.
   */
  readonly publish: (data: DataOf<Kinds, Kind>) => Promise<Published | undefined>;
}

type Options = CommentsOptions<string> & { readonly parse?: Parse<unknown> };

const DEFAULT_LIMIT = 200;
/** The longest history that can be requested. */
const HISTORY_LIMIT = 1_000;

/**
 * The comments of a video, and publishing one. The list begins with the comments that the video's
 * `history` requests, and changes at most once per animation frame. A component that was hidden
 * (`<Activity>`) has the comments of that time when it is shown again.
 *
 * @example
 * const { comments, canSendAt, publish } = useComments(video, { limit: 100, parse: commentSchema });
 * const list = comments.map(({ id, data }) => <li key={id}>{data.text}</li>);
 * const send = <button disabled={canSendAt !== undefined} onClick={() => publish({ text })}>Send</button>;
 */
export function useComments<Kinds extends object, Data, Kind extends KindOf<Kinds> = "comment">(
  video: Video<Kinds>,
  options: CommentsOptions<Kind> & { readonly parse: Parse<Data> },
): Comments<Kinds, Kind, Data>;
export function useComments<Kinds extends object, Kind extends KindOf<Kinds> = "comment">(
  video: Video<Kinds>,
  options?: CommentsOptions<Kind>,
): Comments<Kinds, Kind>;
export function useComments(
  video: Video,
  options: Options = {},
): Comments<object, string, unknown> {
  const { kind = "comment", limit = DEFAULT_LIMIT, isExempt = false } = options;
  const newest = useNewest(options);
  const comments = useFrameStore(() => {
    let position: number | undefined;
    return frameStore<readonly EventOf<string>[]>([], (feed, shown) => {
      // When shown again, the list resumes from here: nothing in between may be missing.
      const from = shown[0]?.seq ?? (video.history === 0 ? position : undefined);
      const off = listen(video, { kind, limit, from, feed }, newest);
      return () => {
        const { position: last } = video;
        if (last !== undefined) position = last + 1;
        off();
      };
    });
  }, [video, kind, limit]);
  const [error, setError] = useState<OvationError>();
  const next = useLive<number | undefined>(video.canSendAt, undefined, [video]);
  const canSendAt = isExempt ? undefined : next;
  const publish = useCallback(
    async (data: unknown) => {
      try {
        const published = await video.publish(kind, data);
        setError(undefined);
        return published;
      } catch (cause) {
        setError(cause as OvationError);
        return undefined;
      }
    },
    [video, kind],
  );
  return { comments, canSendAt, error, publish };
}

interface Listening {
  readonly kind: string;
  readonly limit: number;
  /** The first `seq` to show; undefined if nothing was shown before. */
  readonly from: number | undefined;
  readonly feed: Feed<readonly EventOf<string>[]>;
}

function listen(
  video: Video,
  { kind, limit, from, feed }: Listening,
  newest: { readonly current: Options },
): () => void {
  const isAgain = from !== undefined;
  const history = isAgain ? Math.min(limit, HISTORY_LIMIT) : video.history;
  // What was shown stays until the current comments arrive.
  let isOutdated = isAgain;
  const add = (comment: EventOf<string>) => {
    const replaces = isOutdated;
    isOutdated = false;
    const isShown = (comment.seq ?? 0) >= (from ?? 0);
    feed((all) => {
      const kept = replaces ? [] : all;
      return isShown ? [...kept, comment].slice(-limit) : kept;
    });
  };
  const parse = (data: unknown): unknown => {
    const { parse: given = (same: unknown) => same } = newest.current;
    return typeof given === "function" ? given(data) : given.parse(data);
  };
  const { onError } = newest.current;
  const offs = [
    video.on(kind, add, {
      parse,
      history,
      onError: onError && ((error) => newest.current.onError?.(error)),
    }),
    video.on(RETRACTED_KIND, ({ data: { seq } }) => {
      feed((all) => all.filter((comment) => comment.seq !== seq));
    }),
    // The comments shown are not part of a new history.
    video.onMissed(({ isNewHistory }) => {
      if (isNewHistory) feed(() => []);
    }),
  ];
  return () => {
    for (const off of offs) off();
  };
}

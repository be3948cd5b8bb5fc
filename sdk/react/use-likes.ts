/** Likes as a hook. */
import { useCallback, useState } from "react";
import type { OvationError } from "../error.ts";
import type { Published } from "../outbox.ts";
import type { PublishArguments, PublishKind, Video } from "../video.ts";
import { frameStore } from "./frame-store.ts";
import { useFrameStore } from "./use-frame-store.ts";
import { useNewest } from "./use-newest.ts";

/**
 * Which likes a component counts.
 *
 * @example
 * const { total } = useLikes(video, { kind: "applause", onError: ({ code }) => report(code) });
 */
export interface LikesOptions<Kinds> {
  /** Default: `like`. */
  readonly kind?: PublishKind<Kinds>;
  /** Called for each like of one's own that was refused; `rate_limited` is the usual reason. */
  readonly onError?: (error: OvationError) => void;
}

/**
 * Likes, as a component shows them.
 *
 * @example
 * const Count = ({ likes }: { likes: Likes }) => <b>{likes.total}</b>;
 */
export interface Likes {
  /** How many there were while the component was shown: the exact number. */
  readonly total: number;
  /** How many of them came since the component was last drawn. */
  readonly burst: number;
  /** How many of those published here were refused and count for nothing, and why the last was. */
  readonly refused: number;
  readonly error: OvationError | undefined;
  /**
   * Publishes one. Never rejects: it resolves with `undefined` when the like was refused, which
   * `refused`, `error` and `onError` tell. Gateways take 10 a second of a viewer by default.
   */
  readonly publish: () => Promise<Published | undefined>;
}

const NONE = { total: 0, burst: 0 };
const NOT_REFUSED: Pick<Likes, "refused" | "error"> = { refused: 0, error: undefined };

/**
 * Counts the likes of a video. However many come, the component is drawn once an animation frame.
 *
 * @example
 * const { total, burst, error, publish } = useLikes(video);
 * useEffect(() => riseHearts(Math.min(burst, 20)), [total, burst]);
 * return <button type="button" onClick={publish}>♥ {total} {error && "Not so fast!"}</button>;
 */
export function useLikes<Kinds extends object>(
  video: Video<Kinds>,
  options: LikesOptions<Kinds> = {},
): Likes {
  const { kind = "like" as PublishKind<Kinds> } = options;
  const newest = useNewest(options);
  const [refusals, setRefusals] = useState(NOT_REFUSED);
  const counted = useFrameStore(
    () =>
      frameStore(
        NONE,
        (feed) =>
          video.onFrame(({ counts }) => {
            const count = counts[kind] ?? 0;
            if (count > 0) {
              feed(({ total, burst }) => ({ total: total + count, burst: burst + count }));
            }
          }),
        ({ total }) => ({ total, burst: 0 }),
      ),
    [video, kind],
  );
  const publish = useCallback(async () => {
    // That the kind needs no data is the application's to see to.
    const more = [undefined, { whenLimited: "fail" }] as unknown;
    try {
      const published = await video.publish(
        kind,
        ...(more as PublishArguments<Kinds, typeof kind>),
      );
      setRefusals((before) =>
        before.error === undefined ? before : { ...before, error: undefined },
      );
      return published;
    } catch (cause) {
      const error = cause as OvationError;
      setRefusals(({ refused }) => ({ refused: refused + 1, error }));
      newest.current.onError?.(error);
      return undefined;
    }
  }, [video, kind, newest]);
  return { ...counted, ...refusals, publish };
}

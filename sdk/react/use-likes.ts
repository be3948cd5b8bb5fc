/** Likes as a hook. */
import { useCallback } from "react";
import type { Published } from "../outbox.ts";
import type { Video } from "../video.ts";
import { frameStore } from "./frame-store.ts";
import { useFrameStore } from "./use-frame-store.ts";

/**
 * Likes, as a component shows them.
 *
 * @example
 * const Count = ({ likes }: { likes: Likes }) => <b>{likes.total}</b>;
 */
export interface Likes {
  /** How many there were since the component was mounted: the exact number. */
  readonly total: number;
  /** How many of them came since the component was last drawn. */
  readonly burst: number;
  /** Publishes one; refused with `rate_limited` when the gateway finds that they are too many. */
  publish(): Promise<Published>;
}

const NONE = { total: 0, burst: 0 };

/**
 * Counts the likes of a video. However many come, the component is drawn once an animation frame.
 *
 * @example
 * const { total, burst, publish } = useLikes(video);
 * useEffect(() => riseHearts(Math.min(burst, 20)), [total, burst]);
 * return <button type="button" onClick={publish}>♥ {total}</button>;
 */
export function useLikes<Kinds extends object>(
  video: Video<Kinds>,
  { kind = "like" }: { readonly kind?: string } = {},
): Likes {
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
  const publish = useCallback(
    () => video.publish(kind, undefined, { whenLimited: "fail" }),
    [video, kind],
  );
  return { ...counted, publish };
}

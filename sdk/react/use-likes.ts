/** Likes as a hook. */
import { useCallback, useState } from "react";
import type { OvationError } from "../error.ts";
import type { Published } from "../outbox.ts";
import type { PublishArguments, PublishKind } from "../typed-events.ts";
import type { Video } from "../video.ts";
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
  /** Called for each like of this component that was refused; `rate_limited` is the usual reason. */
  readonly onError?: (error: OvationError) => void;
}

/**
 * The result of {@link useLikes}.
 *
 * @example
 * const Count = ({ likes }: { likes: Likes }) => <b>{likes.total}</b>;
 */
export interface Likes {
  /** The exact number of likes while the component was shown. */
  readonly total: number;
  /** How many of them arrived since the last render. */
  readonly burst: number;
  /** How many likes of this component were refused: they don't count. */
  readonly refused: number;
  /** Why the last like was refused; undefined if it was accepted. */
  readonly error: OvationError | undefined;
  /**
   * Publishes a like. Never rejects: it resolves with `undefined` when the like was refused, and
   * `refused`, `error` and `onError` report it. By default, gateways accept 10 likes a second from a
   * viewer.
   */
  readonly publish: () => Promise<Published | undefined>;
}

const NONE = { total: 0, burst: 0 };
const NOT_REFUSED: Pick<Likes, "refused" | "error"> = { refused: 0, error: undefined };

/**
 * Counts the likes of a video. However many arrive, the component renders at most once per animation
 * frame.
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
    // The application must choose a kind that needs no data.
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

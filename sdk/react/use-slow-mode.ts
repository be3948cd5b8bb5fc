/** When a component may send its next comment in a room in slow mode. */
import { useCallback, useEffect, useState } from "react";
import { RULES_KIND } from "../../shared/protocol/kinds.ts";
import type { OvationError } from "../error.ts";
import type { Video } from "../video.ts";

interface SlowMode {
  /** In milliseconds since 1970, by this machine's clock; undefined: now. */
  readonly canSendAt: number | undefined;
  /** A comment was accepted. */
  readonly sent: () => void;
  /** A comment was refused. */
  readonly refused: (error: OvationError) => void;
}

/** What is known of the slow mode of a video. */
interface Known {
  readonly video: string;
  /** 0: there is none. */
  readonly everyMs: number;
  /** When this component sent its last comment, or later by what its actor was too fast. */
  readonly sentAt: number | undefined;
}

/** @param isExempt whether slow mode does not apply, as to moderators */
export function useSlowMode<Kinds extends object>(
  video: Video<Kinds>,
  isExempt: boolean,
): SlowMode {
  const { id } = video;
  const nothing: Known = { video: id, everyMs: 0, sentAt: undefined };
  const [known, setKnown] = useState(nothing);
  const { everyMs, sentAt } = known.video === id ? known : nothing;
  const learn = useCallback(
    (news: Partial<Known>) => {
      setKnown((before) => {
        const { everyMs, sentAt } =
          before.video === id ? before : { everyMs: 0, sentAt: undefined };
        return { everyMs, sentAt, ...news, video: id };
      });
    },
    [id],
  );
  useEffect(
    () => video.on(RULES_KIND, ({ data }) => learn({ everyMs: data?.slowModeMs ?? 0 })),
    [video, learn],
  );
  const isFree = sentAt === undefined || everyMs === 0 || isExempt;
  const canSendAt = isFree ? undefined : sentAt + everyMs;
  useEffect(() => {
    if (canSendAt === undefined) return undefined;
    const timer = setTimeout(() => learn({ sentAt: undefined }), canSendAt - Date.now());
    return () => clearTimeout(timer);
  }, [canSendAt, learn]);
  const sent = useCallback(() => learn({ sentAt: Date.now() }), [learn]);
  const refused = useCallback(
    ({ field, limit, retryAfterMs }: OvationError) => {
      if (field !== "slowModeMs" || limit === undefined || retryAfterMs === undefined) return;
      learn({ everyMs: limit, sentAt: Date.now() + retryAfterMs - limit });
    },
    [learn],
  );
  return { canSendAt, sent, refused };
}

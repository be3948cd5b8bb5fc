/** When a component may send its next comment in a room in slow mode. */
import { useCallback, useEffect, useState } from "react";
import { RULES_KIND } from "../../shared/protocol/kinds.ts";
import type { OvationError } from "../error.ts";
import type { Video } from "../video.ts";

interface SlowMode {
  /** In milliseconds since 1970, by this machine's clock; undefined: now. */
  readonly canSendAt: number | undefined;
  /** A comment was accepted, or refused. */
  readonly settled: (error?: OvationError) => void;
}

/** @param isExempt whether slow mode does not apply, as to moderators */
export function useSlowMode<Kinds extends object>(
  video: Video<Kinds>,
  isExempt: boolean,
): SlowMode {
  const { id } = video;
  /** The slow mode of a video; 0: there is none. */
  const [rule, setRule] = useState({ id, everyMs: 0 });
  const everyMs = rule.id === id ? rule.everyMs : 0;
  /** The end of the last wait that is over. */
  const [over, setOver] = useState(0);
  useEffect(
    () => video.on(RULES_KIND, ({ data }) => setRule({ id, everyMs: data?.slowModeMs ?? 0 })),
    [video, id],
  );
  // Read at each render: whichever component published, this one shows the comment and renders.
  const end = (video.sentAt ?? 0) + everyMs;
  const isFree = everyMs === 0 || isExempt || end <= over || end <= Date.now();
  const canSendAt = isFree ? undefined : end;
  useEffect(() => {
    if (canSendAt === undefined) return undefined;
    const timer = setTimeout(() => setOver(canSendAt), canSendAt - Date.now());
    return () => clearTimeout(timer);
  }, [canSendAt]);
  const settled = useCallback(
    (error?: OvationError) => {
      setRule((known) => {
        const { field, limit } = error ?? {};
        const isSlow = field === "slowModeMs" && limit !== undefined;
        return isSlow ? { id, everyMs: limit } : { ...known };
      });
    },
    [id],
  );
  return { canSendAt, settled };
}

/** Why the list of comments stands still: somebody reads it, has selected a comment, or points at one. */
import { useEffect, useState } from "react";
import type { FeedChange } from "./feed.ts";

export interface Hold {
  readonly isHeld: boolean;
  /** The id of the selected comment. */
  readonly selected: string | undefined;
  readonly select: (id: string | undefined) => void;
  /** The id of the comment that the mouse points at: nobody can click on what moves. */
  readonly pointedAt: string | undefined;
  readonly point: (id: string | undefined) => void;
  /** Whether the list is scrolled away from its end. */
  readonly setReading: (isReading: boolean) => void;
  /** Ends all of it. */
  readonly release: () => void;
}

export function useHold(change: (change: FeedChange) => void): Hold {
  const [selected, select] = useState<string>();
  const [pointedAt, point] = useState<string>();
  const [isReading, setReading] = useState(false);
  const isHeld = isReading || selected !== undefined || pointedAt !== undefined;
  useEffect(() => {
    change({ type: isHeld ? "held" : "followed" });
  }, [change, isHeld]);
  const release = () => {
    select(undefined);
    point(undefined);
    setReading(false);
  };
  return { isHeld, selected, select, pointedAt, point, setReading, release };
}

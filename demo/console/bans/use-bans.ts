/** Who is banned on a video: pages of the list, the one set last first. */
import type { Ban } from "ovation-client";
import { useCallback, useEffect, useState } from "react";
import type { ConsoleVideo } from "../kinds.ts";
import { errorText } from "../session/api.ts";

export interface Bans {
  readonly all: readonly Ban[];
  /** Whether there are more than these. */
  readonly hasMore: boolean;
  readonly fault: string | undefined;
  readonly isRead: boolean;
  readonly readMore: () => Promise<void>;
}

const PAGE = 100;
/** Other moderators ban too, and bans end. */
const REFRESH_MS = 15_000;

/** @param acts how many acts of this moderator are done: each may have changed the list */
export function useBans(video: ConsoleVideo, acts: number): Bans {
  const [list, setList] = useState<Omit<Bans, "readMore">>({
    ...{ all: [], hasMore: false, fault: undefined, isRead: false },
  });
  const readNewest = useCallback(async () => {
    try {
      const newest = await video.moderate.bans({ limit: PAGE });
      const oldest = newest.at(-1)?.seq ?? 0;
      setList(({ all, hasMore }) => {
        const older = newest.length < PAGE ? [] : all.filter(({ seq = 0 }) => seq < oldest);
        const isFirst = all.length === 0 || newest.length < PAGE;
        return {
          all: [...newest, ...older],
          hasMore: isFirst ? newest.length === PAGE : hasMore,
          fault: undefined,
          isRead: true,
        };
      });
    } catch (error) {
      setList((known) => ({ ...known, fault: errorText(error) }));
    }
  }, [video]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: reads again after each act
  useEffect(() => {
    void readNewest();
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") void readNewest();
    }, REFRESH_MS);
    return () => clearInterval(timer);
  }, [readNewest, acts]);

  const before = list.all.at(-1)?.seq;
  const readMore = useCallback(async () => {
    if (before === undefined) return;
    try {
      const older = await video.moderate.bans({ before, limit: PAGE });
      setList(({ all }) => ({
        all: [...all, ...older.filter(({ seq = 0 }) => seq < before)],
        hasMore: older.length === PAGE,
        fault: undefined,
        isRead: true,
      }));
    } catch (error) {
      setList((known) => ({ ...known, fault: errorText(error) }));
    }
  }, [video, before]);
  return { ...list, readMore };
}

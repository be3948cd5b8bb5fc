/** The comments of a video as a {@link Feed}: events change it a few times a second, at most. */
import type { OvationEvent } from "ovation-client";
import { useCallback, useEffect, useReducer, useRef } from "react";
import type { ConsoleVideo } from "../kinds.ts";
import { commentOf } from "./comment-of.ts";
import { type Comment, changedFeed, EMPTY_FEED, type Feed, type FeedChange } from "./feed.ts";

/** Fifty comments a second are read more easily in a few steps than one by one. */
const STEP_MS = 120;
/** Arrived and not shown yet; a tab in the background may be given no time for long. */
const BUFFER_LIMIT = 2_000;
const EARLIER = 100;

interface UsedFeed {
  readonly feed: Feed;
  readonly change: (change: FeedChange) => void;
  /** Reads older ones; resolves with whether there are still older ones. */
  readonly readEarlier: () => Promise<boolean>;
}

/** @param kinds the durable kinds to show */
export function useFeed(video: ConsoleVideo, kinds: readonly string[]): UsedFeed {
  const [feed, change] = useReducer(changedFeed, EMPTY_FEED);
  const names = kinds.join();
  useEffect(() => {
    let arrived: Comment[] = [];
    let deleted: number[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const step = () => {
      timer = undefined;
      if (arrived.length > 0) change({ type: "arrived", comments: arrived });
      if (deleted.length > 0) change({ type: "deleted", seqs: deleted });
      arrived = [];
      deleted = [];
    };
    const soon = () => {
      if (arrived.length + deleted.length >= BUFFER_LIMIT) step();
      timer ??= setTimeout(step, STEP_MS);
    };
    change({ type: "restarted" });
    const take = (event: OvationEvent) => {
      arrived.push(commentOf(event));
      soon();
    };
    const offs = [
      ...names.split(",").map((kind) => video.on(kind, take)),
      video.on("retracted", ({ data: { seq } }) => {
        deleted.push(seq);
        soon();
      }),
      video.onMissed(({ isNewHistory }) => {
        if (!isNewHistory) return;
        step();
        change({ type: "restarted" });
      }),
    ];
    return () => {
      clearTimeout(timer);
      for (const off of offs) off();
    };
  }, [video, names]);

  const oldest = useRef<number>(undefined);
  oldest.current = feed.rows[0]?.seq;
  const readEarlier = useCallback(async () => {
    const before = oldest.current;
    const query = { limit: EARLIER, ...(before === undefined ? {} : { before }) };
    const { events, more } = await video.readHistory(query);
    const wanted = names.split(",");
    const comments = events.filter(({ kind }) => wanted.includes(kind)).map(commentOf);
    change({ type: "earlier", comments });
    return more;
  }, [video, names]);
  return { feed, change, readEarlier };
}

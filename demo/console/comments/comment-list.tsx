/** The comments, newest below. The list follows them, unless somebody reads: then it stands still. */
import type { Ban } from "ovation-client";
import { type UIEvent, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { type ActLog, pendingAbout } from "../acts/act-log.ts";
import { errorText } from "../session/api.ts";
import { CommentRow, type RowAction, type RowHandlers } from "./comment-row.tsx";
import type { Feed, FeedChange, Row } from "./feed.ts";
import type { Hold } from "./use-hold.ts";

/** This close to the end counts as being at the end. */
const NEAR_PX = 24;

interface CommentListProps {
  readonly feed: Feed;
  readonly change: (change: FeedChange) => void;
  readonly readEarlier: () => Promise<boolean>;
  readonly hold: Hold;
  readonly act: (action: RowAction, row: Row) => void;
  readonly log: ActLog;
  readonly pinned: string | undefined;
  readonly bans: ReadonlyMap<string, Ban>;
  readonly showsKinds: boolean;
}

export function CommentList(props: CommentListProps) {
  const { feed, hold, act, log, pinned, bans, showsKinds } = props;
  const { selected, select, pointedAt, point, setReading } = hold;
  const list = useRef<HTMLElement>(null);
  useStillList(list, feed);
  const newest = useRef({ select, act });
  newest.current = { select, act };
  const handlers = useMemo<RowHandlers>(
    () => ({
      select: (id) => newest.current.select(id),
      act: (action, row) => newest.current.act(action, row),
      point,
    }),
    [point],
  );
  const onScroll = ({ currentTarget: { scrollHeight, scrollTop, clientHeight } }: UIEvent) => {
    setReading(scrollHeight - scrollTop - clientHeight > NEAR_PX);
  };
  return (
    <div className="comments" onPointerLeave={() => point(undefined)}>
      <section
        ref={list}
        className="comments-scroll"
        data-list="comments"
        aria-label="Comments, the newest last"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
        onScroll={onScroll}
        // Before the list moves on with the next comments.
        onWheel={({ deltaY }) => {
          if (deltaY < 0) setReading(true);
        }}
      >
        <Earlier {...props} />
        {feed.rows.length === 0 && <p className="empty">Nobody has commented yet.</p>}
        {feed.rows.length > 0 && (
          <div role="feed" aria-label="Comments">
            {feed.rows.map((row) => (
              <CommentRow
                key={row.id}
                row={row}
                isSelected={row.id === selected}
                isPointedAt={row.id === pointedAt}
                isPinned={row.id === pinned}
                ban={row.actor === undefined ? undefined : bans.get(row.actor)}
                pending={pendingAbout(log, row.id)}
                showsKind={showsKinds}
                handlers={handlers}
              />
            ))}
          </div>
        )}
      </section>
    </div>
  );
}

/** Keeps the list at its end while it is followed, and what one reads where it is otherwise. */
function useStillList(list: React.RefObject<HTMLElement | null>, feed: Feed): void {
  const { rows, isHeld } = feed;
  const before = useRef<{ readonly first: string | undefined; readonly height: number }>(undefined);
  useLayoutEffect(() => {
    const { current } = list;
    if (current === null) return;
    const first = rows[0]?.id;
    if (!isHeld) current.scrollTop = current.scrollHeight;
    else if (before.current !== undefined && before.current.first !== first) {
      // Older ones came above.
      current.scrollTop += current.scrollHeight - before.current.height;
    }
    before.current = { first, height: current.scrollHeight };
  }, [list, rows, isHeld]);
  useEffect(() => {
    const { current } = list;
    if (current === null) return undefined;
    // The bar below it takes more room for what failed.
    const observer = new ResizeObserver(() => {
      if (!isHeld) current.scrollTop = current.scrollHeight;
      else current.querySelector(".is-selected")?.scrollIntoView({ block: "nearest" });
    });
    observer.observe(current);
    return () => observer.disconnect();
  }, [list, isHeld]);
}

function Earlier({ feed, change, readEarlier }: CommentListProps) {
  const [state, setState] = useState<"idle" | "reading" | "none">("idle");
  const [fault, setFault] = useState("");
  const read = async () => {
    setState("reading");
    setFault("");
    change({ type: "held" });
    try {
      setState((await readEarlier()) ? "idle" : "none");
    } catch (error) {
      setFault(errorText(error));
      setState("idle");
    }
  };
  if (feed.rows.length === 0 || state === "none") return null;
  return (
    <p className="earlier">
      <button
        type="button"
        className="button is-small"
        disabled={state === "reading"}
        onClick={() => void read()}
      >
        {state === "reading" ? "Reading …" : "Earlier comments"}
      </button>
      {fault !== "" && <span role="alert">{fault}</span>}
    </p>
  );
}

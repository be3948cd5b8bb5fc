/** The comments of a video, with what keys do to them. */
import type { Ban } from "ovation-client";
import { createPortal } from "react-dom";
import type { ModeratorActs } from "../acts/acts-of.ts";
import type { Acts } from "../acts/use-acts.ts";
import type { ConsoleVideo } from "../kinds.ts";
import { numberWords } from "../parts/words.ts";
import { useKeys } from "../use-keys.ts";
import { CommentList } from "./comment-list.tsx";
import type { RowAction } from "./comment-row.tsx";
import { type Comment, HELD_LIMIT, type Row, unseenCount } from "./feed.ts";
import { useFeed } from "./use-feed.ts";
import { useHold } from "./use-hold.ts";

interface CommentsProps {
  readonly video: ConsoleVideo;
  /** The kinds that are shown. */
  readonly kinds: readonly string[];
  readonly acts: Acts;
  readonly moderatorActs: ModeratorActs;
  readonly pinned: string | undefined;
  readonly bans: ReadonlyMap<string, Ban>;
  readonly hasShortcuts: boolean;
  /** Asks how to ban the author of a comment. */
  readonly askToBan: (mode: Ban["mode"], comment: Comment) => void;
  readonly say: (text: string) => void;
  /** Where to put what leads to the newest comment. */
  readonly end: HTMLElement | null;
}

export function Comments(props: CommentsProps) {
  const { video, kinds, acts, moderatorActs, pinned, say } = props;
  const { feed, change, readEarlier } = useFeed(video, kinds);
  const hold = useHold(change);
  const { selected, select } = hold;
  const at = feed.rows.findIndex(({ id }) => id === selected);

  const act = (action: RowAction, row: Row) => {
    const problem = problemWith(action, row);
    if (problem !== undefined) return say(problem);
    if (action === "delete") return void acts.run(moderatorActs.delete(row));
    if (action !== "pin") return props.askToBan(action, row);
    const pinning =
      row.id === pinned ? moderatorActs.unpin(row.id) : moderatorActs.pin(row, pinned);
    return void acts.run(pinning);
  };
  const onSelected = (action: RowAction) => () => {
    const row = feed.rows[at];
    if (row === undefined) say("Select a comment first: j is the next one, k the one before.");
    else act(action, row);
    return true;
  };
  const move = (step: 1 | -1) => () => {
    if (document.activeElement?.closest('[data-list="videos"]')) return false;
    if (step === 1 && at === feed.rows.length - 1 && unseenCount(feed) > 0) {
      change({ type: "taken" });
      const next = feed.skipped > 0 ? feed.waiting.at(-HELD_LIMIT) : feed.waiting[0];
      select(next?.id);
      return true;
    }
    const next = at < 0 ? feed.rows.at(-1) : feed.rows[at + step];
    if (next !== undefined) select(next.id);
    return true;
  };
  const toEnd = () => {
    hold.release();
    document.querySelector<HTMLElement>('[data-list="comments"]')?.focus({ preventScroll: true });
    return true;
  };
  useKeys(
    {
      next: move(1),
      previous: move(-1),
      delete: onSelected("delete"),
      mute: onSelected("mute"),
      ban: onSelected("ban"),
      shadow: onSelected("shadow"),
      pin: onSelected("pin"),
      end: toEnd,
      leave: toEnd,
    },
    props.hasShortcuts,
  );
  return (
    <>
      <CommentList
        {...{ feed, change, readEarlier, hold, act, pinned }}
        log={acts.log}
        bans={props.bans}
        showsKinds={kinds.length > 1}
      />
      {hold.isHeld && props.end !== null
        ? createPortal(<Follow unseen={unseenCount(feed)} toEnd={toEnd} />, props.end)
        : null}
    </>
  );
}

interface FollowProps {
  /** How many comments arrived while the list is held. */
  readonly unseen: number;
  readonly toEnd: () => void;
}

function Follow({ unseen, toEnd }: FollowProps) {
  const isMain = unseen > 0;
  const count = `${numberWords(unseen)} new ${unseen === 1 ? "comment" : "comments"}`;
  return (
    <button
      type="button"
      className={isMain ? "button is-small is-main" : "button is-small"}
      aria-keyshortcuts="e"
      onClick={toEnd}
    >
      {isMain ? count : "Held: follow"} <span aria-hidden="true">↓</span>
    </button>
  );
}

/** Why something can't be done with a comment. */
function problemWith(action: RowAction, { isDeleted, actor }: Row): string | undefined {
  if (action === "delete" || action === "pin") {
    return isDeleted ? "This comment is deleted already." : undefined;
  }
  if (actor !== undefined) return undefined;
  return "Nobody knows who wrote this comment: its author had no actor, so it can't be banned.";
}

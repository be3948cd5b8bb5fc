/** One comment: who, what, and what can be done with it while it is selected or pointed at. */
import type { Ban } from "ovation-client";
import { memo, useEffect, useId, useRef } from "react";
import type { ActEntry } from "../acts/act-log.ts";
import { clockOf, untilWords } from "../parts/words.ts";
import { authorOf } from "./comment-of.ts";
import type { Row } from "./feed.ts";

export type RowAction = "delete" | "mute" | "ban" | "shadow" | "pin";

export interface RowHandlers {
  readonly select: (id: string) => void;
  readonly point: (id: string) => void;
  readonly act: (action: RowAction, row: Row) => void;
}

interface CommentRowProps {
  readonly row: Row;
  readonly isSelected: boolean;
  readonly isPointedAt: boolean;
  readonly isPinned: boolean;
  /** The author's ban on this video, if it is known. */
  readonly ban: Ban | undefined;
  /** What is under way with it, or has failed. */
  readonly pending: ActEntry | undefined;
  /** Whether its kind must be said, since there are several. */
  readonly showsKind: boolean;
  readonly handlers: RowHandlers;
}

export const CommentRow = memo(function CommentRow(props: CommentRowProps) {
  const { row, isSelected, isPointedAt, isPinned, ban, pending, showsKind, handlers } = props;
  const element = useRef<HTMLElement>(null);
  const textId = useId();
  const whoId = useId();
  useEffect(() => {
    const { current } = element;
    if (!isSelected || current === null) return;
    if (!current.contains(document.activeElement)) current.focus({ preventScroll: true });
    current.scrollIntoView({ block: "nearest" });
  }, [isSelected]);

  const classes = ["comment", isSelected && "is-selected", row.isDeleted && "is-deleted"];
  return (
    <article
      ref={element}
      className={classes.filter(Boolean).join(" ")}
      tabIndex={isSelected ? 0 : -1}
      aria-labelledby={`${whoId} ${textId}`}
      aria-current={isSelected}
      data-seq={row.seq}
      onFocus={() => handlers.select(row.id)}
      onPointerMove={({ pointerType }) => {
        if (pointerType === "mouse" && !isPointedAt) handlers.point(row.id);
      }}
    >
      <time className="comment-time number" dateTime={new Date(row.at).toISOString()}>
        {clockOf(row.at)}
      </time>
      <div className="comment-body">
        <p className="comment-line">
          <span className="comment-who" id={whoId}>
            <bdi
              className="comment-name"
              style={{ "--hue": hueOf(authorOf(row)) } as React.CSSProperties}
            >
              {authorOf(row)}
            </bdi>
            {row.name !== undefined && row.actor !== undefined && (
              <bdi className="comment-actor number">{row.actor}</bdi>
            )}
          </span>
          <bdi className="comment-text" id={textId}>
            {row.isDeleted && <span className="hidden">Deleted: </span>}
            {row.text === "" ? <em>no text</em> : row.text}
          </bdi>
        </p>
        <Notes {...{ row, isPinned, ban, pending, showsKind }} />
        {(isSelected || isPointedAt) && <Actions {...{ row, isPinned, handlers }} />}
      </div>
    </article>
  );
});

type NotesProps = Pick<CommentRowProps, "row" | "isPinned" | "ban" | "pending" | "showsKind">;

function Notes({ row, isPinned, ban, pending, showsKind }: NotesProps) {
  const hasNone = !(row.isDeleted || isPinned || showsKind) && ban === undefined;
  if (hasNone && pending === undefined) return null;
  return (
    <p className="comment-notes">
      {showsKind && <span className="note">{row.kind}</span>}
      {row.isDeleted && <span className="note">deleted</span>}
      {isPinned && <span className="note is-pin">pinned</span>}
      {ban !== undefined && (
        <span className="note is-banned">
          {NOTES[ban.mode]} {untilWords(ban.untilMs, Date.now())}
        </span>
      )}
      {pending?.state === "doing" && <span className="note">{pending.act.doing}</span>}
      {pending?.state === "failed" && <span className="note is-failed">failed</span>}
    </p>
  );
}

export const NOTES: Readonly<Record<Ban["mode"], string>> = {
  mute: "muted",
  ban: "banned",
  shadow: "shadowed",
};

const ACTIONS = [
  ["delete", "Delete", "d"],
  ["mute", "Mute", "m"],
  ["ban", "Ban", "b"],
  ["shadow", "Shadow", "s"],
  ["pin", "Pin", "p"],
] as const;

type ActionsProps = Pick<CommentRowProps, "row" | "isPinned" | "handlers">;

function Actions({ row, isPinned, handlers }: ActionsProps) {
  const isUnable = (action: RowAction) => {
    if (action === "delete" || action === "pin") return row.isDeleted;
    return row.actor === undefined;
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for the fields of a form
    <div className="comment-actions" role="group" aria-label="Moderate this comment">
      {ACTIONS.map(([action, word, key]) => (
        <button
          key={action}
          type="button"
          className={action === "delete" ? "act is-danger" : "act"}
          disabled={isUnable(action)}
          aria-keyshortcuts={key}
          title={isUnable(action) ? reasonOf(action) : `${titleOf(action)} (${key})`}
          onClick={() => handlers.act(action, row)}
        >
          {action === "pin" && isPinned ? "Unpin" : word}
        </button>
      ))}
    </div>
  );
}

function reasonOf(action: RowAction): string {
  return action === "delete" || action === "pin"
    ? "It is deleted"
    : "Nobody knows who wrote it: its author had no actor";
}

function titleOf(action: RowAction): string {
  switch (action) {
    case "delete":
      return "Delete it, at once and for good";
    case "mute":
      return "Its author may watch, but not comment";
    case "ban":
      return "Its author may not watch either";
    case "shadow":
      return "Only its author sees what it writes";
    case "pin":
      return "Show it to everybody who comes";
  }
}

/** An author's own colour, the same as in the demo page. */
function hueOf(name: string): number {
  let hash = 0;
  for (const letter of name) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) % 360;
  return hash;
}

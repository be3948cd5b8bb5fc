/** The comments, newest at the bottom; the list stays there unless the user scrolls back. */
import type { EventOf } from "ovation-client";
import { memo, useLayoutEffect, useRef, useState } from "react";
import type { CommentData } from "../kinds.ts";

type Comment = EventOf<"comment", CommentData>;

/** This close to the end counts as being at the end. */
const NEAR_PX = 48;

interface CommentListProps {
  readonly comments: readonly Comment[];
  /** Published, but not stored yet. */
  readonly pending: readonly {
    readonly key: number;
    readonly text: string;
    readonly name: string;
  }[];
}

export function CommentList({ comments, pending }: CommentListProps) {
  const list = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const [seen, setSeen] = useState(0);
  const newest = comments.at(-1)?.seq ?? 0;
  const unseen = isAtEnd.current ? 0 : comments.filter(({ seq = 0 }) => seq > seen).length;

  const toEnd = () => {
    if (list.current !== null) list.current.scrollTop = list.current.scrollHeight;
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: it scrolls for each new line
  useLayoutEffect(() => {
    if (isAtEnd.current) toEnd();
  }, [newest, comments.length, pending.length]);

  const onScroll = () => {
    const { current } = list;
    if (current === null) return;
    const wasAtEnd = isAtEnd.current;
    isAtEnd.current = current.scrollHeight - current.scrollTop - current.clientHeight < NEAR_PX;
    if (wasAtEnd !== isAtEnd.current) setSeen(newest);
  };

  return (
    <div className="comments">
      <div
        className="comments-scroll"
        ref={list}
        onScroll={onScroll}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable element must be reachable by keyboard
        tabIndex={0}
        role="log"
        aria-label="Comments"
      >
        {comments.length === 0 && pending.length === 0 ? (
          <p className="comments-none">Nobody has said anything yet. Be the first.</p>
        ) : (
          <ol className="comments-list">
            {comments.map(({ id, data, at }) => (
              <Line key={id} data={data} at={at} />
            ))}
            {pending.map(({ key, name, text }) => (
              <li key={key} className="comment pending">
                <span className="comment-name">{name}</span>
                <span className="comment-text">{text}</span>
                <span className="comment-state">sending …</span>
              </li>
            ))}
          </ol>
        )}
      </div>
      {unseen > 0 && (
        <button type="button" className="comments-more" onClick={toEnd}>
          {unseen} new {unseen === 1 ? "comment" : "comments"} ↓
        </button>
      )}
    </div>
  );
}

interface LineProps {
  readonly data: CommentData;
  readonly at: number;
}

const Line = memo(function Line({ data: { name, text }, at }: LineProps) {
  return (
    <li className="comment" title={new Date(at).toLocaleTimeString()}>
      <span className="comment-name" style={{ "--hue": hueOf(name) } as React.CSSProperties}>
        {name}
      </span>
      <span className="comment-text">{text}</span>
    </li>
  );
});

/** A name's own colour, the same in every window. */
function hueOf(name: string): number {
  let hash = 0;
  for (const letter of name) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) % 360;
  return hash;
}

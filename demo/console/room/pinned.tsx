/** The pinned comment. */
import { authorOf, commentOf } from "../comments/comment-of.ts";

/** An event as it is pinned: the value `pinned` of the video's state. */
export interface Pinned {
  readonly id: string;
  readonly kind: string;
  readonly at: number;
  readonly actor?: string;
  readonly data?: unknown;
  readonly seq: number;
}

interface PinnedCommentProps {
  readonly pinned: Pinned | undefined;
  readonly unpin: (id: string) => void;
}

export function PinnedComment({ pinned, unpin }: PinnedCommentProps) {
  if (pinned === undefined) {
    return <p className="hint">Nothing is pinned. Select a comment, and pin it.</p>;
  }
  const comment = commentOf({ data: undefined, ...pinned });
  return (
    <div className="pinned">
      <p className="quote">
        <bdi className="entry-who">{authorOf(comment)}</bdi> <bdi>{comment.text}</bdi>
      </p>
      <button type="button" className="button" onClick={() => unpin(pinned.id)}>
        Unpin
      </button>
    </div>
  );
}

/**
 * The list of comments as a moderator sees it. While it is followed, it has the newest ones; while it
 * is held, nothing in it moves: what arrives waits, and what is deleted stays, marked.
 */

export interface Comment {
  readonly id: string;
  readonly kind: string;
  readonly seq: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly actor: string | undefined;
  /** What the author calls itself, if that isn't its actor. */
  readonly name: string | undefined;
  readonly text: string;
}

export interface Row extends Comment {
  readonly isDeleted: boolean;
}

export interface Feed {
  /** What is shown, the oldest first. */
  readonly rows: readonly Row[];
  /** What arrived while the list is held, the oldest first. */
  readonly waiting: readonly Row[];
  /** How many of those that arrived are not among `waiting`, since they were too many. */
  readonly skipped: number;
  readonly isHeld: boolean;
}

export type FeedChange =
  | { readonly type: "arrived"; readonly comments: readonly Comment[] }
  | { readonly type: "deleted"; readonly seqs: readonly number[] }
  /** Older ones, from the history, that go before the others. */
  | { readonly type: "earlier"; readonly comments: readonly Comment[] }
  | { readonly type: "held" }
  | { readonly type: "followed" }
  /** What waits is added to what is shown, and the list stays held. */
  | { readonly type: "taken" }
  | { readonly type: "restarted" };

/** Shown while the list is followed. */
export const FOLLOWED_LIMIT = 300;
/** Shown while it is held, with what was read of the history. */
export const HELD_LIMIT = 2_000;
export const WAITING_LIMIT = 1_000;

export const EMPTY_FEED: Feed = { rows: [], waiting: [], skipped: 0, isHeld: false };

export function changedFeed(feed: Feed, change: FeedChange): Feed {
  switch (change.type) {
    case "arrived":
      return withArrived(feed, change.comments);
    case "deleted": {
      const seqs = new Set(change.seqs);
      return { ...feed, rows: marked(feed.rows, seqs), waiting: marked(feed.waiting, seqs) };
    }
    case "earlier": {
      const first = feed.rows[0]?.seq ?? Number.POSITIVE_INFINITY;
      const older = change.comments.filter(({ seq }) => seq < first).map(shown);
      return { ...feed, rows: [...older, ...feed.rows].slice(0, HELD_LIMIT) };
    }
    case "held":
      return feed.isHeld ? feed : { ...feed, isHeld: true };
    case "followed":
      return feed.isHeld ? { ...taken(feed, FOLLOWED_LIMIT), isHeld: false } : feed;
    case "taken":
      return taken(feed, HELD_LIMIT);
    case "restarted":
      return { ...EMPTY_FEED, isHeld: feed.isHeld };
  }
}

/** How many arrived since the list is held. */
export function unseenCount({ waiting, skipped }: Feed): number {
  return waiting.length + skipped;
}

function withArrived(feed: Feed, comments: readonly Comment[]): Feed {
  const { rows, waiting, isHeld } = feed;
  if (!isHeld) return { ...feed, rows: merged(rows, comments).slice(-FOLLOWED_LIMIT) };
  const all = merged(waiting, comments);
  const most = all.slice(-WAITING_LIMIT);
  return { ...feed, waiting: most, skipped: feed.skipped + all.length - most.length };
}

function taken({ rows, waiting, skipped, isHeld }: Feed, limit: number): Feed {
  // After a gap, what was shown before it is not continued.
  const all = skipped > 0 ? waiting : merged(rows, waiting);
  return { rows: all.slice(-limit), waiting: [], skipped: 0, isHeld };
}

/** In the order of the history; several kinds of comments arrive one after the other. */
function merged(rows: readonly Row[], comments: readonly Comment[]): readonly Row[] {
  const last = rows.at(-1)?.seq ?? 0;
  const all = [...rows, ...comments.map(shown)];
  let before = last;
  for (const { seq } of comments) {
    if (seq < before) return all.toSorted((one, other) => one.seq - other.seq);
    before = seq;
  }
  return all;
}

function shown(comment: Comment): Row {
  return "isDeleted" in comment ? (comment as Row) : { ...comment, isDeleted: false };
}

function marked(rows: readonly Row[], seqs: ReadonlySet<number>): readonly Row[] {
  if (!rows.some(({ seq }) => seqs.has(seq))) return rows;
  return rows.map((row) => (seqs.has(row.seq) ? { ...row, isDeleted: true } : row));
}

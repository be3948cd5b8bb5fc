/** The list of comments: what moves, and what does not. */
import { expect, test } from "vitest";
import {
  changedFeed,
  EMPTY_FEED,
  type FeedChange,
  FOLLOWED_LIMIT,
  unseenCount,
  WAITING_LIMIT,
} from "./feed.ts";

const comment = (seq: number) => ({
  id: `c${seq}`,
  kind: "comment",
  seq,
  at: seq,
  actor: "anna",
  name: undefined,
  text: String(seq),
});
const comments = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => comment(from + index));
const arrived = (from: number, to: number): FeedChange => ({
  type: "arrived",
  comments: comments(from, to),
});
const after = (...changes: readonly FeedChange[]) => changes.reduce(changedFeed, EMPTY_FEED);
const HELD: FeedChange = { type: "held" };

test("a followed list has the newest comments, as many as it shows", () => {
  const { rows } = after(arrived(1, 5), arrived(6, FOLLOWED_LIMIT + 3));
  expect(rows).toHaveLength(FOLLOWED_LIMIT);
  expect([rows[0]?.seq, rows.at(-1)?.seq]).toEqual([4, FOLLOWED_LIMIT + 3]);
});

test("a held list stays the same object while thousands arrive, and says how many", () => {
  const held = after(arrived(1, 10), HELD);
  let feed = held;
  for (let from = 11; from < 5_000; from += 50) feed = changedFeed(feed, arrived(from, from + 49));
  expect(feed.rows).toBe(held.rows);
  expect(unseenCount(feed)).toBe(5_000);
  expect(feed.waiting).toHaveLength(WAITING_LIMIT);

  // It goes on with the newest, and not as if nothing were missing in between.
  const followed = changedFeed(feed, { type: "followed" });
  expect(followed.rows.map(({ seq }) => seq)).toEqual(
    comments(5_011 - FOLLOWED_LIMIT, 5_010).map(({ seq }) => seq),
  );
  expect(unseenCount(followed)).toBe(0);
});

test("what waits can be taken in while the list stays held", () => {
  const feed = after(arrived(1, 2), HELD, arrived(3, 4), { type: "taken" }, arrived(5, 5));
  expect(feed.rows.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
  expect([feed.isHeld, unseenCount(feed)]).toEqual([true, 1]);
});

test("a deleted comment keeps its place, marked, whether it is shown or waits", () => {
  const feed = after(arrived(1, 2), HELD, arrived(3, 3), { type: "deleted", seqs: [1, 3, 99] });
  expect(feed.rows.map(({ isDeleted }) => isDeleted)).toEqual([true, false]);
  const taken = changedFeed(feed, { type: "taken" });
  expect(taken.rows.map(({ isDeleted }) => isDeleted)).toEqual([true, false, true]);
});

test("comments of several kinds are in the order of the history", () => {
  const { rows } = after(
    { type: "arrived", comments: [comment(1), comment(4)] },
    { type: "arrived", comments: [comment(2), comment(3)] },
    arrived(5, 5),
  );
  expect(rows.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
});

test("older comments go before the others, each once", () => {
  const { rows } = after(arrived(5, 6), HELD, { type: "earlier", comments: comments(3, 5) });
  expect(rows.map(({ seq }) => seq)).toEqual([3, 4, 5, 6]);
});

test("a new history starts the list over", () => {
  expect(after(arrived(1, 5), HELD, { type: "restarted" }, arrived(1, 1)).waiting).toHaveLength(1);
});

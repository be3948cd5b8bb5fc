/** However two streams of a video are split into frames and interleaved, their common events count once. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { OvationEvent } from "../../shared/protocol/event.ts";
import type { EventsMessage } from "../../shared/protocol/wire/server-messages.ts";
import { countsOf } from "../frame.ts";
import { Overlap } from "./overlap.ts";

const like = (index: number): OvationEvent => ({ id: `like-${index}`, kind: "like", at: index });
const comment = (index: number): OvationEvent => ({
  ...like(index),
  id: `comment-${index}`,
  kind: "comment",
  seq: index,
});
const message = (events: readonly OvationEvent[], likes?: number): EventsMessage => ({
  op: "events",
  video: "launch",
  events,
  ...(likes === undefined ? {} : { counts: { like: likes } }),
});

/** The likes that a viewer counts. */
function likesOf(overlap: Overlap, messages: readonly EventsMessage[]): number {
  let likes = 0;
  for (const one of messages) {
    const fresh = overlap.pass(one);
    if (fresh !== undefined) likes += countsOf(fresh.events, [], fresh.counts)["like"] ?? 0;
  }
  return likes;
}

/** The likes from `from` up to `to`, in frames of these sizes. */
function framesOf(from: number, to: number, sizes: readonly number[]): EventsMessage[] {
  const frames: EventsMessage[] = [];
  for (let at = from, turn = 0; at < to; turn += 1) {
    const end = Math.min(to, at + (sizes[turn % sizes.length] ?? 1));
    frames.push(message(Array.from({ length: end - at }, (_, index) => like(at + index))));
    at = end;
  }
  return frames;
}

/** Merges both, each in its own order; `picks` decides whose turn it is. */
function interleaved<T>(one: readonly T[], other: readonly T[], picks: readonly boolean[]): T[] {
  const [left, right] = [[...one], [...other]];
  return Array.from({ length: one.length + other.length }, (_, turn) => {
    const isLeft = right.length === 0 || (left.length > 0 && picks[turn % picks.length] === true);
    return (isLeft ? left : right).shift() as T;
  });
}

const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });
const picks = fc.array(fc.boolean(), { minLength: 1, maxLength: 20 });

test("complete frames, split differently: each like counts once", () => {
  fc.assert(
    fc.property(sizes, sizes, picks, fc.nat(40), fc.nat(40), (cuts, others, turns, begin, over) => {
      // The new stream starts later, and the old one ends earlier, but not before that start.
      const old = framesOf(0, 40 + Math.min(over, 20), cuts);
      const next = framesOf(Math.min(begin, 40), 60, others);
      expect(likesOf(new Overlap(), interleaved(old, next, turns))).toBe(60);
    }),
  );
});

test("sampled frames, the same on both: each counts once, with its durable events", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 3, max: 900 }), { maxLength: 20 }),
      picks,
      (all, turns) => {
        const frames = all.map((likes, index) =>
          message([like(index * 10), comment(index + 1), like(index * 10 + 1)], likes),
        );
        const total = all.reduce((sum, likes) => sum + likes, 0);
        expect(likesOf(new Overlap(), interleaved(frames, frames, turns))).toBe(total);
      },
    ),
  );
});

test("of a repeated sampled frame, only the durable events pass", () => {
  const overlap = new Overlap();
  overlap.pass(message([like(1)]));
  expect(overlap.pass(message([like(1), comment(7), like(2)], 500))).toEqual(message([comment(7)]));
  expect(overlap.pass(message([like(2)], 500))).toBeUndefined();
});

test("viewer counts, which every new stream brings, pass", () => {
  const viewers = message([{ id: "v", kind: "viewers", at: 1, data: { viewers: 3 } }]);
  const overlap = new Overlap();
  expect([overlap.pass(viewers), overlap.pass(viewers)]).toEqual([viewers, viewers]);
});

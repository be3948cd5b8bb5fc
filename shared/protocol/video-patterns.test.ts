/** Which videos two rights cover together. */
import { expect, test } from "vitest";
import { VideoPatterns } from "./video-patterns.ts";

const both = (one: readonly string[], other: readonly string[]) =>
  new VideoPatterns(one).and(new VideoPatterns(other)).toSorted();

test("two lists of patterns have in common what both cover, whichever comes first", () => {
  for (const [one, other, common] of [
    [["*"], ["team-*", "launch"], ["launch", "team-*"]],
    [["team-*"], ["team-red-*", "team-blue", "other"], ["team-blue", "team-red-*"]],
    [["launch"], ["launch"], ["launch"]],
    [["launch", "a-*"], ["b-*"], []],
    [["*"], [], []],
  ] as const) {
    expect(both(one, other)).toEqual(common);
    expect(both(other, one)).toEqual(common);
  }
});

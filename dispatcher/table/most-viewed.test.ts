/** Which videos are at the top of the list. */
import { expect, test } from "vitest";
import { VideoPatterns } from "../../shared/protocol/video-patterns.ts";
import { mostViewed } from "./most-viewed.ts";

const VIEWERS = new Map([
  ["launch", 3],
  ["team-red", 50],
  ["empty", 0],
  ["team-blue", 3],
  ["keynote", 900],
]);
const routes = {
  videos: () => VIEWERS.keys(),
  viewers: (video: string) => VIEWERS.get(video) ?? 0,
};
const namesOf = async (patterns: readonly string[], limit: number) => {
  const videos = await mostViewed(routes, new VideoPatterns(patterns), limit);
  return videos.map(({ video }) => video);
};

test("the videos with the most viewers come first, as many as requested, none that is empty", async () => {
  expect(await namesOf(["*"], 10)).toEqual(["keynote", "team-red", "launch", "team-blue"]);
  expect(await namesOf(["*"], 2)).toEqual(["keynote", "team-red"]);
  expect(await namesOf(["*"], 3)).toEqual(["keynote", "team-red", "launch"]);
});

test("only those that the patterns cover count", async () => {
  expect(await namesOf(["team-*", "launch"], 2)).toEqual(["team-red", "launch"]);
  expect(await namesOf([], 10)).toEqual([]);
});

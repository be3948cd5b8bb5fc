/** Searching the list of bans. */
import { expect, test } from "vitest";
import { foundBans } from "./found-bans.ts";

const BANS = [
  { actor: "troll-7", mode: "mute", untilMs: null, reason: "Spam links", by: "mod-a", atMs: 1 },
  { actor: "Troll-8", mode: "ban", untilMs: null, by: "mod-b", atMs: 2 },
] as const;

test.each([
  ["", 2],
  ["troll", 2],
  ["TROLL-7", 1],
  ["spam mod-a", 1],
  ["troll ban", 1],
  ["spam mod-b", 0],
])("the search %j finds %i bans", (words, count) => {
  expect(foundBans(BANS, words)).toHaveLength(count);
});

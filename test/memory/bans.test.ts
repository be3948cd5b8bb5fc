/** What every process holds of as many bans as there may be. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { BanTable } from "../../shared/moderation/ban-table.ts";
import { encodeBan, hashOfActor } from "../../shared/protocol/moderation/ban.ts";
import { actorEntryKey, NO_VIDEO } from "../../shared/protocol/subjects.ts";

const BANS = 200_000;
const VIDEOS = 1_000;
const LIMIT_BYTES = 26_000_000;

/** Bytes in use, of objects and of array buffers. */
function usedBytes(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

test("200,000 bans take at most 26 MB, half of them on a thousand videos", () => {
  const table = new BanTable();
  const before = usedBytes();
  for (let at = 0; at < BANS; at += 1) {
    const actor = `viewer-${at}-of-some-length`;
    const scope = at % 2 === 0 ? NO_VIDEO : `video-${at % VIDEOS}`;
    const ban = encodeBan({ actor, mode: "mute", untilMs: at, reason: "spam", by: "mod", atMs: 0 });
    table.adopt(actorEntryKey(scope, hashOfActor(actor)), ban, at + 1);
  }
  const bytes = usedBytes() - before;
  expect(table.size).toBe(BANS);
  expect(bytes).toBeLessThan(LIMIT_BYTES);
});

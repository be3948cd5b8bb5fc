/** The record of moderation in words. */
import { expect, test } from "vitest";
import { recordWords, rulesWords } from "./record-words.ts";

const AT = new Date(2026, 4, 3, 12).getTime();
const words = (act: string, target?: string, detail?: Readonly<Record<string, unknown>>) =>
  recordWords(
    {
      ...{ seq: 1, atMs: AT, act },
      ...(target === undefined ? {} : { target }),
      ...(detail === undefined ? {} : { detail }),
    },
    AT,
  );

test.each([
  ["ban.put", "troll", { mode: "mute", untilMs: AT + 600_000 }, "muted troll for 10 minutes"],
  ["ban.put", "troll", { mode: "ban", untilMs: null }, "banned troll"],
  [
    "ban.put",
    "troll",
    { mode: "shadow", untilMs: AT + 172_800_000 },
    "shadowed troll until 5 May, 12:00",
  ],
  ["ban.delete", "troll", undefined, "let troll in again"],
  ["event.retract", "c1", undefined, "deleted the comment c1"],
  ["actor.retract", "troll", { events: 1 }, "deleted 1 comment of troll"],
  ["rules.put", undefined, {}, "changed the rules: none"],
  ["what.ever", "it", undefined, "what.ever it"],
])("%s of %s with %j", (act, target, detail, expected) => {
  expect(words(act, target, detail)).toBe(expected);
});

test("rules are said one by one", () => {
  const rules = { slowModeMs: 30_000, closed: ["comment"], maxLength: 200, emojiOnly: true };
  expect(rulesWords(rules)).toBe(
    "slow mode of 30 seconds, closed: comment, at most 200 characters, emoji only",
  );
});

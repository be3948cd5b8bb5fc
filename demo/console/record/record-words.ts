/** The record of moderation in words. */
import type { ModerationAct } from "ovation-client";
import { forWords, numberWords, timeWords } from "../parts/words.ts";

const MODES: Readonly<Record<string, string>> = {
  mute: "muted",
  ban: "banned",
  shadow: "shadowed",
};

/** What was done, without who did it: such as “muted troll until 14:05”. */
export function recordWords(
  { act, atMs, target = "somebody", detail = {} }: ModerationAct,
  nowMs: number,
): string {
  switch (act) {
    case "ban.put":
      return `${MODES[String(detail["mode"])] ?? "banned"} ${target}${lasting(atMs, detail["untilMs"], nowMs)}`;
    case "ban.delete":
      return `let ${target} in again`;
    case "event.retract":
      return `deleted the comment ${target}`;
    case "actor.retract":
      return `deleted ${counted(detail["events"], "comment")} of ${target}`;
    case "actor.erase":
      return `erased what ${target} published, on all videos`;
    case "pin.put":
      return `pinned the comment ${target}`;
    case "pin.delete":
      return "unpinned the comment";
    case "rules.put":
      return `changed the rules: ${rulesWords(detail)}`;
    case "poll.put":
      return `opened, changed or closed the poll ${target}`;
    case "video.end":
      return "ended the video";
    case "video.erase":
      return "erased the video";
    case "totals.set":
      return "set totals";
    default:
      return `${act} ${target}`;
  }
}

/** The rules of a room, in words. */
export function rulesWords(rules: Readonly<Record<string, unknown>>): string {
  const { slowModeMs, closed, maxLength, emojiOnly } = rules;
  const words = [
    typeof slowModeMs === "number" && slowModeMs > 0 && `slow mode of ${forWords(slowModeMs)}`,
    Array.isArray(closed) && closed.length > 0 && `closed: ${closed.join(", ")}`,
    typeof maxLength === "number" && `at most ${counted(maxLength, "character")}`,
    emojiOnly === true && "emoji only",
  ].filter((one) => one !== false);
  return words.length === 0 ? "none" : words.join(", ");
}

function lasting(atMs: number, untilMs: unknown, nowMs: number): string {
  if (typeof untilMs !== "number") return "";
  const isToday = untilMs - atMs < 86_400_000;
  return isToday ? ` for ${forWords(untilMs - atMs)}` : ` until ${timeWords(untilMs, nowMs)}`;
}

function counted(count: unknown, thing: string): string {
  if (typeof count !== "number") return `all ${thing}s`;
  return `${numberWords(count)} ${thing}${count === 1 ? "" : "s"}`;
}

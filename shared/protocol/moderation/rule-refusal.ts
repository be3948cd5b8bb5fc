/** Whether an event may be published by the rules of its room, apart from how often. */
import { OvationError } from "../errors.ts";
import type { KindTable } from "../kinds.ts";
import type { RoomRules } from "./room-rules.ts";

/**
 * Emoji as Unicode recommends them for interchange (UTS #51), those without their variation
 * selector, and what may stand between them. Matched one by one: one pattern for the whole text
 * would try every way to split it.
 */
const EMOJI = /\p{RGI_Emoji}|\p{Extended_Pictographic}|\s/gv;

/** An event, as far as rules concern it. */
interface RuledEvent {
  readonly kind: string;
  readonly data?: unknown;
}

/**
 * @param at prefix of a field in an error, such as `events[3].`
 * @throws OvationError closed_kind, text_too_long, emoji_only
 */
export function requireByRules(
  rules: RoomRules,
  kinds: Pick<KindTable, "isDurable">,
  { kind, data }: RuledEvent,
  at = "",
): void {
  if (rules.closed?.includes(kind) === true) {
    const field = `${at}kind`;
    throw new OvationError("closed_kind", `${field}: ${kind} is closed on this video`, { field });
  }
  const { maxLength, emojiOnly } = rules;
  if (maxLength === undefined && emojiOnly !== true) return;
  const text = kinds.isDurable(kind) ? textIn(data) : undefined;
  if (text === undefined) return;
  const field = typeof data === "string" ? `${at}data` : `${at}data.text`;
  if (maxLength !== undefined && isLonger(text, maxLength)) {
    const message = `${field}: longer than ${maxLength} characters`;
    throw new OvationError("text_too_long", message, { field, limit: maxLength });
  }
  if (emojiOnly === true && text.replaceAll(EMOJI, "") !== "") {
    throw new OvationError("emoji_only", `${field}: has more than emoji`, { field });
  }
}

/** The text of an event: `data` where that is text, otherwise `data.text`. */
function textIn(data: unknown): string | undefined {
  if (typeof data === "string") return data;
  if (typeof data !== "object" || data === null || !("text" in data)) return undefined;
  return typeof data.text === "string" ? data.text : undefined;
}

/** Counts characters as a JSON Schema does: by code points. */
function isLonger(text: string, limit: number): boolean {
  // A code point has one or two units.
  if (text.length <= limit) return false;
  if (text.length > 2 * limit) return true;
  let characters = 0;
  for (const _ of text) characters += 1;
  return characters > limit;
}

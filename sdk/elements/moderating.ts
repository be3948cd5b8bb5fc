/** What moderators, and authors, may do with a comment and with the room, as items of a menu. */
import type { Moderation, RoomRules } from "../index.ts";
import type { Comment } from "./comment.ts";
import type { MenuItem } from "./menu.ts";
import type { MessageName, Words } from "./messages.ts";

const MUTE_MS = 600_000;
/** In seconds. */
const SLOW_MODES = [0, 5, 10, 30, 60];

interface Acting {
  readonly moderate: Moderation;
  text(name: MessageName, words?: Words): string;
  /** Carries it out, and says so. @param what the item's label */
  act(what: string, done: () => Promise<unknown>): void;
}

export interface CommentRights {
  readonly isModerator: boolean;
  readonly isOwn: boolean;
  readonly isPinned: boolean;
}

export function commentItems(
  { id, actor, name }: Comment,
  { isModerator, isOwn, isPinned }: CommentRights,
  { moderate, text, act }: Acting,
): readonly MenuItem[] {
  const item = (label: string, done: () => Promise<unknown>, isHarsh = false): MenuItem => ({
    label,
    isHarsh,
    run: () => act(label, done),
  });
  const remove = item(text("delete"), () => moderate.delete(id));
  if (!isModerator) return [remove];
  const pin = isPinned
    ? item(text("unpin"), () => moderate.unpin())
    : item(text("pin"), () => moderate.pin(id));
  if (actor === undefined || isOwn) return [remove, pin];
  const who = { name: name === actor || name === "" ? actor : `${name} (${actor})` };
  return [
    remove,
    pin,
    item(text("mute"), () => moderate.ban(actor, { mode: "mute", forMs: MUTE_MS })),
    item(text("deleteAll", who), () => moderate.deleteAllOf(actor), true),
    item(text("ban", who), () => moderate.ban(actor, { mode: "ban" }), true),
  ];
}

/** @param kind of the comments */
export function roomItems(
  rules: RoomRules,
  kind: string,
  { moderate, text, act }: Acting,
): readonly MenuItem[] {
  const others = (rules.closed ?? []).filter((closed) => closed !== kind);
  const isClosed = others.length < (rules.closed?.length ?? 0);
  const slow = SLOW_MODES.map((n): MenuItem => {
    const label = text("slow", { n: n === 0 ? text("off") : text("seconds", { n }) });
    const slowModeMs = n === 0 ? undefined : n * 1_000;
    return {
      label,
      isChecked: (rules.slowModeMs ?? 0) === n * 1_000,
      run: () => act(label, () => moderate.setRules({ ...rules, slowModeMs })),
    };
  });
  const label = text(isClosed ? "open" : "close");
  const closed = isClosed ? others : [...others, kind];
  return [...slow, { label, run: () => act(label, () => moderate.setRules({ ...rules, closed })) }];
}

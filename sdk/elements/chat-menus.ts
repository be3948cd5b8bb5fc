/**
 * The menus of the chat: what moderators, and authors, may do with a comment, and with the room. They
 * are loaded when somebody opens one; most viewers never do.
 */
import type { Moderation, RoomRules } from "../index.ts";
import type { Comment } from "./comment.ts";
import type { MessageName, Messages } from "./english.ts";
import { Menu, type MenuItem, type MenuTools } from "./menu.ts";
import { MENU_ENGLISH } from "./menu-english.ts";
import type { Words } from "./messages.ts";

const MUTE_MS = 600_000;
/** In seconds. */
const SLOW_MODES = [0, 5, 10, 30, 60];

export interface Acting {
  /** Of the video that is shown; undefined while there is none. */
  readonly moderate: Moderation | undefined;
  text(name: MessageName, words?: Words): string;
  addEnglish(messages: Partial<Messages>): void;
  /** Carries it out, and says so. @param what the item's label */
  act(what: string, done: () => Promise<unknown> | undefined): void;
}

export interface CommentRights {
  readonly isModerator: boolean;
  readonly isOwn: boolean;
  readonly isPinned: boolean;
}

function commentItems(
  { id, actor, name }: Comment,
  { isModerator, isOwn, isPinned }: CommentRights,
  { moderate, text, act }: Acting,
): readonly MenuItem[] {
  const item = (
    label: string,
    done: () => Promise<unknown> | undefined,
    isHarsh = false,
  ): MenuItem => ({
    label,
    isHarsh,
    run: () => act(label, done),
  });
  const remove = item(text("delete"), () => moderate?.delete(id));
  if (!isModerator) return [remove];
  const pin = isPinned
    ? item(text("unpin"), () => moderate?.unpin())
    : item(text("pin"), () => moderate?.pin(id));
  if (actor === undefined || isOwn) return [remove, pin];
  const who = { name: name === actor ? actor : `${name} (${actor})` };
  return [
    remove,
    pin,
    item(text("mute"), () => moderate?.ban(actor, { mode: "mute", forMs: MUTE_MS })),
    item(text("deleteAll", who), () => moderate?.deleteAllOf(actor), true),
    item(text("ban", who), () => moderate?.ban(actor, { mode: "ban" }), true),
  ];
}

/** @param kind of the comments */
function roomItems(
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
      run: () => act(label, () => moderate?.setRules({ ...rules, slowModeMs })),
    };
  });
  const label = text(isClosed ? "open" : "close");
  const closed = isClosed ? others : [...others, kind];
  return [
    ...slow,
    { label, run: () => act(label, () => moderate?.setRules({ ...rules, closed })) },
  ];
}

export class ChatMenus {
  readonly #menu: Menu;
  readonly #acting: Acting;

  constructor(root: ShadowRoot, acting: Acting, tools: MenuTools) {
    acting.addEnglish(MENU_ENGLISH);
    this.#menu = new Menu(root, tools);
    this.#acting = acting;
  }

  openComment(opener: HTMLElement, comment: Comment, rights: CommentRights): void {
    this.#open(opener, commentItems(comment, rights, this.#acting));
  }

  /** @param kind of the comments */
  openRoom(opener: HTMLElement, rules: RoomRules, kind: string): void {
    this.#open(opener, roomItems(rules, kind, this.#acting));
  }

  #open(opener: HTMLElement, items: readonly MenuItem[]): void {
    this.#menu.open(opener, opener.ariaLabel ?? "", items, this.#acting.text("sure"));
  }
}

/** Which key does what. */

export type KeyAction =
  | "next"
  | "previous"
  | "delete"
  | "mute"
  | "ban"
  | "shadow"
  | "pin"
  | "undo"
  | "end"
  | "videos"
  | "room"
  | "bans"
  | "record"
  | "help"
  | "leave";

interface KeyDoc {
  /** As `KeyboardEvent.key`; several for the same action. */
  readonly keys: readonly string[];
  readonly action: KeyAction;
  readonly doc: string;
}

export const KEYS: readonly KeyDoc[] = [
  { keys: ["j", "ArrowDown"], action: "next", doc: "the next comment, or video" },
  { keys: ["k", "ArrowUp"], action: "previous", doc: "the one before" },
  { keys: ["d"], action: "delete", doc: "delete the comment, at once and for good" },
  { keys: ["m"], action: "mute", doc: "mute its author" },
  { keys: ["b"], action: "ban", doc: "ban its author" },
  { keys: ["s"], action: "shadow", doc: "shadow its author" },
  { keys: ["p"], action: "pin", doc: "pin the comment, or unpin it" },
  { keys: ["u"], action: "undo", doc: "undo what was done last" },
  { keys: ["e", "End"], action: "end", doc: "go to the newest comment, and follow" },
  { keys: ["v"], action: "videos", doc: "choose a video" },
  { keys: ["r"], action: "room", doc: "rules, pin and polls of the room" },
  { keys: ["n"], action: "bans", doc: "who is banned" },
  { keys: ["a"], action: "record", doc: "what moderators did" },
  { keys: ["?"], action: "help", doc: "this list" },
  { keys: ["Escape"], action: "leave", doc: "leave the comment, or close what is open" },
];

const ACTIONS = new Map(KEYS.flatMap(({ keys, action }) => keys.map((key) => [key, action])));

interface Pressed {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  /** The key is held down. */
  readonly repeat: boolean;
}

interface Where {
  /** In a field for text, or a list to choose from. */
  readonly isTyping: boolean;
  /** The focus is on something that arrows move in, or scroll: the comments or the videos. */
  readonly isInList: boolean;
  /** Single letters may be turned off (WCAG 2.1.4). */
  readonly hasShortcuts: boolean;
}

/** What a pressed key does; undefined: nothing of the console's own. */
export function actionOf(pressed: Pressed, where: Where): KeyAction | undefined {
  const { key, repeat } = pressed;
  if (pressed.ctrlKey || pressed.metaKey || pressed.altKey) return undefined;
  const action = ACTIONS.get(key.length === 1 ? key.toLowerCase() : key);
  if (action === undefined || (where.isTyping && action !== "leave")) return undefined;
  if (key.length === 1 && !where.hasShortcuts) return undefined;
  if (key.length > 1 && action !== "leave" && !where.isInList) return undefined;
  // A key that is held down moves on, but deletes nothing.
  return repeat && action !== "next" && action !== "previous" ? undefined : action;
}

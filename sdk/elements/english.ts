/** English, which shows what there is to say. Texts for errors have the code of the error as their name. */
import type { MENU_ENGLISH, Plural } from "./menu-english.ts";

export const ENGLISH = {
  watching: "{n} watching",
  connecting: "Connecting…",
  reconnecting: "Reconnecting…",
  offline: "Not connected",
  like: "Like",
  likes: { one: "{n} like", other: "{n} likes" },
  reactions: "Reactions",
  comments: "Comments",
  none: "No comments yet. Say hello!",
  comment: "Your comment",
  placeholder: "Say something",
  name: "Your name",
  guest: "Guest",
  send: "Send",
  sending: "sending…",
  fresh: { one: "{n} new comment", other: "{n} new comments" },
  wait: "Slow mode: {n} s",
  closed_kind: "Comments are closed.",
  actor_required: "Sign in to take part.",
  forbidden: "Sign in to take part.",
  missed: "Some comments are missing.",
  pinned: "Pinned",
  actions: "Comment by {name}: actions",
  room: "Room settings",
  votes: { one: "{n} vote", other: "{n} votes" },
  left: "{time} left",
  poll_closed: "Closed",
  failed: "That didn't work: {why}",
  rate_limited: "Not so fast!",
  banned: "A moderator has banned you.",
  text_too_long: "At most {n} characters.",
  emoji_only: "Only emoji, please.",
  already_voted: "You have voted already.",
  not_connected: "Not sent: no connection.",
} as const satisfies Readonly<Record<string, string | Plural>>;

/**
 * The name of a text.
 *
 * @example
 * const name: MessageName = "placeholder";
 */
export type MessageName = keyof typeof ENGLISH | keyof typeof MENU_ENGLISH;

/**
 * What the elements say. Words in braces are replaced: `{n}` by a number, `{name}` by a name.
 *
 * @example
 * const messages: Partial<Messages> = { placeholder: "Ask the band" };
 */
export type Messages = Readonly<Record<MessageName, string | Plural>>;

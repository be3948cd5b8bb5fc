/** English, which shows what there is to say. */

/** A text for each plural form of a number (https://www.unicode.org/cldr/charts/latest/supplemental/language_plural_rules.html). */
export type Plural = Readonly<Partial<Record<Intl.LDMLPluralRule, string>> & { other: string }>;

export const ENGLISH = {
  watching: { one: "{n} watching", other: "{n} watching" },
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
  closed: "Comments are closed.",
  signIn: "Sign in to take part.",
  missed: "Some comments can't be shown.",
  pinned: "Pinned",
  actions: "Comment by {name}: actions",
  delete: "Delete",
  deleteAll: "Delete all by {name}",
  pin: "Pin",
  unpin: "Unpin",
  mute: "Mute for 10 minutes",
  ban: "Ban {name}",
  sure: "Sure?",
  done: "Done: {what}",
  room: "Room settings",
  slow: "Slow mode: {n}",
  off: "off",
  seconds: "{n} s",
  close: "Close comments",
  open: "Open comments",
  poll: "Poll",
  votes: { one: "{n} vote", other: "{n} votes" },
  left: "{time} left",
  ended: "Closed",
  failed: "That didn't work: {why}",
  tooFast: "Not so fast!",
  banned: "A moderator has muted you.",
  tooLong: "At most {n} characters.",
  emojiOnly: "Only emoji, please.",
  voted: "You have voted already.",
  unsent: "Could not be sent: no connection.",
} as const satisfies Readonly<Record<string, string | Plural>>;

/**
 * The name of a text.
 *
 * @example
 * const name: MessageName = "placeholder";
 */
export type MessageName = keyof typeof ENGLISH;

/**
 * What the elements say. Words in braces are replaced: `{n}` by a number, `{name}` by a name.
 *
 * @example
 * const messages: Partial<Messages> = { placeholder: "Ask the band" };
 */
export type Messages = Readonly<Record<MessageName, string | Plural>>;

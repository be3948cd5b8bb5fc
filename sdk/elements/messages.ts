/** What the elements say, in English and German; a page may replace every text, and add languages. */

/** A text for each plural form of a number (https://www.unicode.org/cldr/charts/latest/supplemental/language_plural_rules.html). */
type Plural = Readonly<Partial<Record<Intl.LDMLPluralRule, string>> & { other: string }>;

const EN = {
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
export type MessageName = keyof typeof EN;

/**
 * What the elements say. Words in braces are replaced: `{n}` by a number, `{name}` by a name.
 *
 * @example
 * const messages: Partial<Messages> = { placeholder: "Ask the band" };
 */
export type Messages = Readonly<Record<MessageName, string | Plural>>;

const DE: Messages = {
  watching: { one: "{n} sieht zu", other: "{n} sehen zu" },
  connecting: "Verbinde …",
  reconnecting: "Verbinde neu …",
  offline: "Nicht verbunden",
  like: "Gefällt mir",
  likes: { one: "{n} Herz", other: "{n} Herzen" },
  reactions: "Reaktionen",
  comments: "Kommentare",
  none: "Noch keine Kommentare. Sag Hallo!",
  comment: "Dein Kommentar",
  placeholder: "Sag etwas",
  name: "Dein Name",
  guest: "Gast",
  send: "Senden",
  sending: "wird gesendet …",
  fresh: { one: "{n} neuer Kommentar", other: "{n} neue Kommentare" },
  wait: "Langsamer Modus: {n} s",
  closed: "Die Kommentare sind geschlossen.",
  signIn: "Melde dich an, um mitzumachen.",
  missed: "Einige Kommentare können nicht gezeigt werden.",
  pinned: "Angeheftet",
  actions: "Kommentar von {name}: Aktionen",
  delete: "Löschen",
  deleteAll: "Alle von {name} löschen",
  pin: "Anheften",
  unpin: "Lösen",
  mute: "10 Minuten stummschalten",
  ban: "{name} sperren",
  sure: "Sicher?",
  done: "Erledigt: {what}",
  room: "Einstellungen",
  slow: "Langsamer Modus: {n}",
  off: "aus",
  seconds: "{n} s",
  close: "Kommentare schließen",
  open: "Kommentare öffnen",
  poll: "Umfrage",
  votes: { one: "{n} Stimme", other: "{n} Stimmen" },
  left: "noch {time}",
  ended: "Beendet",
  failed: "Das hat nicht geklappt: {why}",
  tooFast: "Nicht so schnell!",
  banned: "Du wurdest stummgeschaltet.",
  tooLong: "Höchstens {n} Zeichen.",
  emojiOnly: "Bitte nur Emojis.",
  voted: "Du hast schon abgestimmt.",
  unsent: "Konnte nicht gesendet werden: keine Verbindung.",
};

const languages = new Map<string, Partial<Messages>>([
  ["en", EN],
  ["de", DE],
]);

/**
 * Adds a language, or replaces texts of one, for all elements of the page. What it lacks is shown in
 * English. Call it before elements are shown; later ones have it at their next change.
 *
 * @param language a language tag without a region, such as `fr`
 * @example
 * addMessages("fr", { placeholder: "Dites quelque chose", send: "Envoyer" });
 */
export function addMessages(language: string, messages: Partial<Messages>): void {
  languages.set(language, { ...languages.get(language), ...messages });
}

/** What a text's words in braces stand for. */
export type Words = Readonly<Record<string, string | number>>;

/**
 * The text of this name in a language.
 * @param own texts that go before those of the language
 */
export function textOf(
  name: MessageName,
  words: Words,
  { language, own }: { readonly language: string; readonly own: Partial<Messages> },
): string {
  const [short = ""] = language.split("-");
  const message: string | Plural = own[name] ?? languages.get(short)?.[name] ?? EN[name];
  const { n } = words;
  const template =
    typeof message === "string"
      ? message
      : (message[new Intl.PluralRules(language).select(Number(n))] ?? message.other);
  return template.replaceAll(/\{(\w+)\}/g, (_all, word: string) => {
    const value = words[word] ?? "";
    return typeof value === "number" ? numberOf(value, language) : value;
  });
}

/** Exact up to 9,999, and then as in 12.3K. */
export function numberOf(value: number, language: string): string {
  const short = { notation: "compact", maximumFractionDigits: 1 } as const;
  return new Intl.NumberFormat(language, value < 10_000 ? {} : short).format(value);
}

/** The texts for errors that viewers cause. */
const FAULTS: Readonly<Record<string, MessageName>> = {
  rate_limited: "tooFast",
  banned: "banned",
  closed_kind: "closed",
  forbidden: "signIn",
  actor_required: "signIn",
  already_voted: "voted",
  poll_closed: "ended",
  text_too_long: "tooLong",
  data_too_large: "tooLong",
  emoji_only: "emojiOnly",
  not_connected: "unsent",
  timeout: "unsent",
};

/** The text for an error of this code; undefined if there is none but that of the error itself. */
export function faultName(code: string): MessageName | undefined {
  return Object.hasOwn(FAULTS, code) ? FAULTS[code] : undefined;
}

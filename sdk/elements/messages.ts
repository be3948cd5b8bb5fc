/** What the elements say, in English and German; a page may replace every text, and add languages. */
import { ENGLISH, type MessageName, type Messages, type Plural } from "./english.ts";

/** The languages of the page. English is always there. */
const languages = new Map<string, Partial<Messages>>();
/** Those that come with the elements, until they are loaded. */
const LOADERS = new Map<string, () => Promise<Messages>>([
  ["de", async () => (await import("./german.ts")).GERMAN],
]);

const shortOf = (language: string) => language.split("-")[0] ?? "";

/**
 * Loads a language that comes with the elements.
 * @returns undefined when there is nothing to wait for
 */
export function loadLanguage(language: string): Promise<void> | undefined {
  const short = shortOf(language);
  const load = LOADERS.get(short);
  if (load === undefined) return undefined;
  const add = (messages: Partial<Messages>) => {
    LOADERS.delete(short);
    languages.set(short, { ...messages, ...languages.get(short) });
  };
  // Without it, the elements speak English.
  return load().then(add, () => add({}));
}

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
  const message: string | Plural =
    own[name] ?? languages.get(shortOf(language))?.[name] ?? ENGLISH[name];
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

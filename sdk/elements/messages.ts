/** What the elements say, in English and German; a page may replace every text, and add languages. */
import { ENGLISH, type MessageName, type Messages } from "./english.ts";
import type { Plural } from "./menu-english.ts";

/** What is shown where a language lacks a text. */
const english: Partial<Messages> = { ...ENGLISH };
/** The languages of the page. */
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

/** Adds English texts of code that is loaded later. */
export function addEnglish(messages: Partial<Messages>): void {
  Object.assign(english, messages);
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
    own[name] ?? languages.get(shortOf(language))?.[name] ?? english[name] ?? "";
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

/** The name of the text for an error; undefined if there is none but that of the error itself. */
export function faultName(code: string): MessageName | undefined {
  return Object.hasOwn(ENGLISH, code) ? (code as MessageName) : undefined;
}

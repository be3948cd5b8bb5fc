/** The English texts of the chat's menus, which come with the code of these. */

/** A text for each plural form of a number (https://www.unicode.org/cldr/charts/latest/supplemental/language_plural_rules.html). */
export type Plural = Readonly<Partial<Record<Intl.LDMLPluralRule, string>> & { other: string }>;

export const MENU_ENGLISH = {
  delete: "Delete",
  deleteAll: "Delete all by {name}",
  pin: "Pin",
  unpin: "Unpin",
  mute: "Mute for 10 minutes",
  ban: "Ban {name}",
  sure: "Sure?",
  slow: "Slow mode: {n}",
  off: "off",
  seconds: "{n} s",
  close: "Close comments",
  open: "Open comments",
  done: "Done: {what}",
} as const satisfies Readonly<Record<string, string | Plural>>;

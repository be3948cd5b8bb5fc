/**
 * Checks what an application passes, since not every one is written in TypeScript: a wrong argument
 * throws at the call, by its name.
 */

/** What `typeof` says, the least and greatest whole number, or some words; undefined: anything. */
export type Rule =
  | "string"
  | "function"
  | readonly [number, number]
  | readonly string[]
  | undefined;

/** A time that a timer can be set to, or a number of that size. */
export const WHOLE: Rule = [0, 2 ** 31 - 1];

/** @throws TypeError that says what was given */
export function fail(name: string, expected: string, value: unknown, Kind = TypeError): never {
  const given = Object(value) === value ? `a ${typeof value}` : String(value);
  throw new Kind(`${name}: ${expected} is expected, not ${given || "an empty text"}`);
}

/** @throws TypeError, or RangeError for a number that is not within the rule */
export function check(name: string, value: unknown, rule: Rule): void {
  if (typeof rule === "string" && typeof value !== rule) fail(name, `a ${rule}`, value);
  if (!Array.isArray(rule) || rule.includes(value)) return;
  const [min, max] = rule;
  if (typeof min !== "number") return fail(name, rule.join(" or "), value);
  if (Number.isInteger(value) && Number(value) >= min && Number(value) <= max) return;
  const Kind = typeof value === "number" ? RangeError : TypeError;
  fail(name, `a whole number from ${min} to ${max}`, value, Kind);
}

/**
 * Checks each option that is given.
 * @param rules one for every option that there is
 * @throws TypeError or RangeError that names the option
 */
export function checkOptions(options: object, rules: Readonly<Record<string, Rule>>): void {
  if (Object(options) !== options) fail("options", "an object", options);
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(rules, name)) throw new TypeError(`there is no option ${name}`);
    if (value !== undefined) check(name, value, rules[name]);
  }
}

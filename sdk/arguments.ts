/**
 * Checks the arguments of public calls, because not every application is written in TypeScript: an
 * invalid argument throws at the call, and the error names it.
 */

/** A type of `typeof`, the least and greatest whole number, or the allowed words; undefined: anything. */
export type Rule =
  | "string"
  | "function"
  | "boolean"
  | readonly [number, number]
  | readonly string[]
  | undefined;

/** The range of a timer, also used for other whole numbers. */
export const WHOLE: Rule = [0, 2 ** 31 - 1];

/** @throws TypeError that says which value was passed */
export function fail(name: string, expected: string, value: unknown, Kind = TypeError): never {
  const given = Object(value) === value ? `a ${typeof value}` : String(value);
  throw new Kind(`${name}: ${expected} is expected, not ${given || "an empty string"}`);
}

/** @throws TypeError, or RangeError for a number outside the rule */
export function check(name: string, value: unknown, rule: Rule): void {
  if (typeof rule === "string" && typeof value !== rule) fail(name, `a ${rule}`, value);
  if (!Array.isArray(rule) || rule.includes(value)) return;
  const [min, max] = rule;
  if (typeof min !== "number") return fail(name, rule.join(" or "), value);
  if (Number.isInteger(value) && Number(value) >= min && Number(value) <= max) return;
  const Kind = typeof value === "number" ? RangeError : TypeError;
  fail(name, `a whole number from ${min} to ${max}`, value, Kind);
}

/** @throws TypeError, or RangeError for an empty list or one of more than `most` */
export function checkList(name: string, value: unknown, most: number): void {
  check(`${name}.length`, Array.isArray(value) ? value.length : value, [1, most]);
}

/**
 * Checks each option that is set.
 * @param rules one for every option that exists
 * @throws TypeError or RangeError that names the option
 */
export function checkOptions(options: object, rules: Readonly<Record<string, Rule>>): void {
  if (Object(options) !== options) fail("options", "an object", options);
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(rules, name)) throw new TypeError(`unknown option ${name}`);
    if (value !== undefined) check(name, value, rules[name]);
  }
}

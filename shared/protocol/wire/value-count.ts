/** Counts the values in input from outside before any of them is decoded. */

/** The input holds more values than the limit. */
export class TooManyValues extends Error {
  override readonly name = "TooManyValues";
  readonly limit: number;

  constructor(limit: number) {
    super(`more than ${limit} values`);
    this.limit = limit;
  }
}

/** A bound of the values in one input; the keys of maps count as values. */
export interface ValueBound {
  readonly limit: number;
  /** Called with their number before any is decoded; it may throw to refuse them. */
  readonly admit?: (values: number) => void;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** `[`, `{`, `,` and `:`: what every value and key but the outermost value follows. */
const LEADS = new Uint8Array(256);
for (const character of "[{,:") LEADS[character.charCodeAt(0)] = 1;

/** Where a text's closing quote is; the end if it has none. */
function closingQuote(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at;
}

/**
 * How many values JSON holds at most: an empty list or map counts as two.
 * @throws TooManyValues as soon as there are more than `limit`
 */
export function countJsonValues(bytes: Uint8Array, limit: number): number {
  let values = 1;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE) at = closingQuote(bytes, at + 1);
    else if (LEADS[byte] === 1) {
      values += 1;
      if (values > limit) throw new TooManyValues(limit);
    }
  }
  return values;
}

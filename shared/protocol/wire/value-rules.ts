/**
 * Which values are accepted from outside, in any encoding: one set of rules for gateways,
 * dispatchers and the SDK. This file also runs in a browser.
 */

/** How deep `data` may be nested: the deepest value is inside this many lists and maps. */
export const DATA_DEPTH_LIMIT = 15;
/** The same for a message, of which `data` is a field. */
export const MESSAGE_DEPTH_LIMIT = DATA_DEPTH_LIMIT + 1;

/** The starting depth of a message or body: a list's events may be as deep as a single one. */
export function rootDepth(isList: boolean): number {
  return isList ? -1 : 0;
}

/** The path of a value inside another one. */
export type ValuePath = (string | number)[];

/** Why a value is refused, and where it is. */
export class RefusedValue extends Error {
  /** From the outermost level inwards; each level adds itself as the error propagates. */
  readonly path: ValuePath;
  readonly limit: number | undefined;

  constructor(reason: string, path: ValuePath = [], limit?: number) {
    super(reason);
    this.path = path;
    this.limit = limit;
  }
}

/** Adds the level that a fault came from. Returns the fault, to be rethrown. */
export function outOf(fault: unknown, key: string | number): unknown {
  if (fault instanceof RefusedValue) fault.path.unshift(key);
  return fault;
}

export function tooDeep(): RefusedValue {
  const reason = `nested too deep; the limit is ${DATA_DEPTH_LIMIT}`;
  return new RefusedValue(reason, [], DATA_DEPTH_LIMIT);
}

/**
 * Every number beyond 2^53 - 1 is whole, and a double can't distinguish it from its neighbours: it
 * is refused however it is written (`9007199254740993`, `1e20`, an integer or a float in msgpack).
 * @throws RefusedValue
 */
export function guardNumber(value: number): void {
  if (Math.abs(value) <= Number.MAX_SAFE_INTEGER) return;
  throw Number.isFinite(value)
    ? new RefusedValue("a number is beyond 2^53 - 1", [], Number.MAX_SAFE_INTEGER)
    : new RefusedValue("a number is not finite");
}

/** `\p{Surrogate}` is half a pair: in a pattern with `u`, a whole one is one character. */
const HALF_PAIR = /\p{Surrogate}/u;

/**
 * Refuses half a surrogate pair: JSON can escape it, but it has no UTF-8.
 * @throws RefusedValue
 */
export function guardText(text: string): void {
  if (HALF_PAIR.test(text)) throw new RefusedValue("text holds half a surrogate pair");
}

/**
 * Refuses keys by which a careless merge of two objects would pollute every object's prototype.
 * @param parent the key of the map that it is in
 * @throws RefusedValue
 */
export function guardKey(key: string, parent: string | number | undefined): void {
  if (key === "__proto__" || (key === "prototype" && parent === "constructor")) {
    throw new RefusedValue(`the key ${key} is refused here`, [key]);
  }
  guardText(key);
}

/**
 * Checks a value that JSON could represent.
 * @param depth how many lists and maps it is inside of
 * @param key its key or index there
 * @throws RefusedValue
 */
export function guardValue(value: unknown, depth: number, key?: string | number): void {
  if (typeof value === "string") return guardText(value);
  if (typeof value === "number") return guardNumber(value);
  if (typeof value !== "object" || value === null) return;
  if (depth >= MESSAGE_DEPTH_LIMIT) throw tooDeep();
  const entries: Iterable<[string | number, unknown]> = Array.isArray(value)
    ? value.entries()
    : Object.entries(value);
  for (const [name, item] of entries) {
    if (typeof name === "string") guardKey(name, key);
    try {
      guardValue(item, depth + 1, name);
    } catch (fault) {
      throw outOf(fault, name);
    }
  }
}

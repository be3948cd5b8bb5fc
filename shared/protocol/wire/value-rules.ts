/**
 * Which values are taken from outside, whatever they are written in: one set of rules for gateways,
 * dispatchers and the SDK. This file also runs in a browser.
 */

/** How deep `data` may be nested: the deepest value lies in this many lists and maps. */
export const DATA_DEPTH_LIMIT = 15;
/** The same for a message, of which `data` is a field. */
export const MESSAGE_DEPTH_LIMIT = DATA_DEPTH_LIMIT + 1;

/** The depth of what a message or body holds: a list of events may hold what one event may. */
export function rootDepth(isList: boolean): number {
  return isList ? -1 : 0;
}

/** Where a value lies in another one. */
export type ValuePath = (string | number)[];

/** The reason why a value is refused, and where it lies. */
export class RefusedValue extends Error {
  /** From the outside in; each level adds itself on the way out. */
  readonly path: ValuePath;
  readonly limit: number | undefined;

  constructor(reason: string, path: ValuePath = [], limit?: number) {
    super(reason);
    this.path = path;
    this.limit = limit;
  }
}

/** Names the level that a fault came out of. Returns the fault, to be thrown on. */
export function outOf(fault: unknown, key: string | number): unknown {
  if (fault instanceof RefusedValue) fault.path.unshift(key);
  return fault;
}

export function tooDeep(): RefusedValue {
  const reason = `nested too deep: data may be nested ${DATA_DEPTH_LIMIT} deep`;
  return new RefusedValue(reason, [], DATA_DEPTH_LIMIT);
}

/**
 * Every number beyond 2^53 - 1 is whole, and a double can't tell it from its neighbours: it is
 * refused however it is written (`9007199254740993`, `1e20`, an integer or a float in msgpack).
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
 * Half a surrogate pair, which JSON can escape, has no UTF-8.
 * @throws RefusedValue
 */
export function guardText(text: string): void {
  if (HALF_PAIR.test(text)) throw new RefusedValue("text holds half a surrogate pair");
}

/**
 * Keys by which a careless merge of two objects would change every object.
 * @param parent the key of the map that it stands in
 * @throws RefusedValue
 */
export function guardKey(key: string, parent: string | number | undefined): void {
  if (key === "__proto__" || (key === "prototype" && parent === "constructor")) {
    throw new RefusedValue(`the key ${key} is refused here`, [key]);
  }
  guardText(key);
}

/**
 * Checks a value that JSON could write.
 * @param depth how many lists and maps it lies in
 * @param key where it stands there
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

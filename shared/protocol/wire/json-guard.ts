/** Parses untrusted JSON and refuses what {@link guardMsgpack} would refuse in msgpack. */
import { MalformedError } from "./msgpack-guard.ts";
import { countJsonValues, type ValueBound } from "./value-count.ts";
import { guardValue, rootDepth } from "./value-rules.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Parses UTF-8 JSON from outside.
 * @throws MalformedError when it isn't valid JSON
 * @throws RefusedValue when it holds a value that is refused
 * @throws TooManyValues when it holds more than the bound
 */
export function parseJson(bytes: Uint8Array, { limit, admit }: ValueBound): unknown {
  // Each value takes at least one byte, so short input needs no count.
  if (admit !== undefined) admit(countJsonValues(bytes, limit));
  else if (bytes.length > limit) countJsonValues(bytes, limit);
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(bytes));
  } catch (error) {
    throw new MalformedError("not valid JSON in UTF-8", { cause: error });
  }
  guardValue(value, rootDepth(Array.isArray(value)));
  return value;
}

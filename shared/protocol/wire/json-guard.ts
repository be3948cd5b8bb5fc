/** Parses untrusted JSON and refuses what {@link guardMsgpack} would refuse in msgpack. */
import { MalformedError } from "./msgpack-guard.ts";
import { guardValue, rootDepth } from "./value-rules.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Parses UTF-8 JSON from outside.
 * @throws MalformedError when it isn't valid JSON
 * @throws RefusedValue when it holds a value that is refused
 */
export function parseJson(bytes: Uint8Array): unknown {
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(bytes));
  } catch (error) {
    throw new MalformedError("not valid JSON in UTF-8", { cause: error });
  }
  guardValue(value, rootDepth(Array.isArray(value)));
  return value;
}

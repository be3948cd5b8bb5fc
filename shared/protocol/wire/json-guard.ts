/** Parses untrusted JSON and refuses what {@link guardMsgpack} would refuse of msgpack. */
import { MAX_DEPTH, MalformedError } from "./msgpack-guard.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Half a surrogate pair, which JSON can escape, has no UTF-8: msgpack could not carry it. */
function guardText(text: string): void {
  if (!text.isWellFormed()) throw new MalformedError("text holds half a surrogate pair");
}

/** @param isConstructor whether the value stands at the key `constructor` */
function guardValue(value: unknown, depth: number, isConstructor = false): void {
  if (typeof value === "string") return guardText(value);
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new MalformedError("a number is not finite");
  }
  if (typeof value !== "object" || value === null) return;
  if (depth >= MAX_DEPTH) throw new MalformedError(`nested deeper than ${MAX_DEPTH}`);
  if (Array.isArray(value)) {
    for (const item of value) guardValue(item, depth + 1);
    return;
  }
  for (const [key, item] of Object.entries(value)) {
    if (key === "__proto__") throw new MalformedError("the key __proto__ is refused");
    // A careless merge of the two would change every object.
    if (isConstructor && key === "prototype") {
      throw new MalformedError("the key prototype in constructor is refused");
    }
    guardText(key);
    guardValue(item, depth + 1, key === "constructor");
  }
}

/**
 * Parses UTF-8 JSON from outside.
 * @throws MalformedError with the reason
 */
export function parseJson(bytes: Uint8Array): unknown {
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(bytes));
  } catch (error) {
    throw new MalformedError("not valid JSON in UTF-8", { cause: error });
  }
  guardValue(value, 0);
  return value;
}

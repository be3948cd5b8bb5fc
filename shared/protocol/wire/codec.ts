/** The two encodings that Ovation supports. */
import { Packr, Unpackr } from "msgpackr";
import { parseJson } from "./json-guard.ts";
import { guardMsgpack, MalformedError } from "./msgpack-guard.ts";
import type { ValueBound } from "./value-count.ts";
import { withIntegers } from "./whole-numbers.ts";

/** How a message is encoded: `msgpack` is binary, `json` is UTF-8 text. */
export type Encoding = "msgpack" | "json";

// Records are msgpackr's own extension; every other library reads plain maps. Without
// variableMapSize every map has a header of three bytes, and one with over 65,535 entries throws.
// `toJSON` in an event's data is a key like any other.
const packr = new Packr({
  useRecords: false,
  encodeUndefinedAsNil: true,
  variableMapSize: true,
  useToJSON: false,
});
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, int64AsType: "number" });

/**
 * Encodes to msgpack, whole numbers of up to 2^53 - 1 as integers; the caller owns the bytes.
 */
export function encodeMsgpack(value: unknown): Buffer {
  return withIntegers(packr.pack(value));
}

/** Decodes msgpack that Ovation encoded itself: no guard, for the hot path inside the bus. */
export function decodeTrustedMsgpack(bytes: Uint8Array): unknown {
  return unpackr.unpack(bytes);
}

/** For input of parts that are trusted with its size. */
const UNBOUNDED: ValueBound = { limit: Number.POSITIVE_INFINITY };

/**
 * Decodes input from outside.
 * @param bound how many values it may hold
 * @throws MalformedError when it isn't exactly one well-formed value
 * @throws RefusedValue when it holds a value that is refused
 * @throws TooManyValues when it holds more values than that
 */
export function decode(encoding: Encoding, bytes: Uint8Array, bound = UNBOUNDED): unknown {
  if (encoding === "json") return parseJson(bytes, bound);
  const values = guardMsgpack(bytes, bound.limit);
  bound.admit?.(values);
  try {
    return unpackr.unpack(bytes);
  } catch (error) {
    throw new MalformedError("not valid msgpack", { cause: error });
  }
}

export function encode(encoding: Encoding, value: unknown): Buffer {
  return encoding === "json" ? Buffer.from(JSON.stringify(value)) : encodeMsgpack(value);
}

/**
 * Tells JSON from msgpack by the first byte. A map or list starts with `{`, `[` or white space in
 * JSON, all of which are small numbers in msgpack and so never start a map or list there.
 */
export function sniffEncoding(bytes: Uint8Array): Encoding {
  return bytes.length > 0 && (bytes[0] ?? 0) < 0x80 ? "json" : "msgpack";
}

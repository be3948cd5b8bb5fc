/** Decodes input from outside, and turns its faults into errors of our table. */

import { type ErrorCode, OvationError } from "./errors.ts";
import { fieldOf } from "./field-path.ts";
import { decode, type Encoding } from "./wire/codec.ts";
import { MalformedError } from "./wire/msgpack-guard.ts";
import { RefusedValue } from "./wire/value-rules.ts";

/** A refused value as an error: in an event's `data`, or in another field. */
function refusalOf({ path, message, limit, cause }: RefusedValue): OvationError | undefined {
  const [first, second] = path;
  if (first === undefined) return undefined;
  const isListed = typeof first === "number";
  const field = isListed ? fieldOf("events", path) : fieldOf("", path);
  const isData = (isListed ? second : first) === "data";
  const code = isData ? "data_invalid" : "field_invalid";
  return new OvationError(code, `${field}: ${message}`, { field, limit, cause });
}

/**
 * @param what what the error calls the bytes, such as `the body`
 * @throws OvationError with `code` when the bytes are malformed; `data_invalid` or `field_invalid`
 *   when they hold a value that is refused
 */
export function decodeUntrusted(
  encoding: Encoding,
  bytes: Uint8Array,
  code: ErrorCode,
  what: string,
): unknown {
  try {
    return decode(encoding, bytes);
  } catch (error) {
    const refusal = error instanceof RefusedValue ? refusalOf(error) : undefined;
    if (refusal !== undefined) throw refusal;
    if (!(error instanceof MalformedError || error instanceof RefusedValue)) throw error;
    throw new OvationError(code, `${what}: ${error.message}`, { cause: error });
  }
}

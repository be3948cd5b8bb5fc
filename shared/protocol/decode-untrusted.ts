/** Decodes input from outside, and turns its faults into errors of our table. */

import { OvationError } from "./errors.ts";
import { fieldOf } from "./field-path.ts";
import { decode, type Encoding } from "./wire/codec.ts";
import { MalformedError } from "./wire/msgpack-guard.ts";
import { TooManyValues, type ValueBound } from "./wire/value-count.ts";
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

/** What input with too many values is refused as. */
const TOO_LARGE = {
  message_malformed: "message_too_large",
  body_malformed: "body_too_large",
} as const;

/**
 * @param what what the error calls the bytes, such as `the body`
 * @param bound how many values they may hold
 * @throws OvationError with `code` when the bytes are malformed; `data_invalid` or `field_invalid`
 *   when they hold a value that is refused; `message_too_large` or `body_too_large` when they hold
 *   too many
 */
export function decodeUntrusted(
  encoding: Encoding,
  bytes: Uint8Array,
  code: keyof typeof TOO_LARGE,
  what: string,
  bound?: ValueBound,
): unknown {
  try {
    return decode(encoding, bytes, bound);
  } catch (error) {
    if (error instanceof TooManyValues) {
      const { message, limit } = error;
      throw new OvationError(TOO_LARGE[code], `${what} holds ${message}`, { limit, cause: error });
    }
    const refusal = error instanceof RefusedValue ? refusalOf(error) : undefined;
    if (refusal !== undefined) throw refusal;
    if (!(error instanceof MalformedError || error instanceof RefusedValue)) throw error;
    throw new OvationError(code, `${what}: ${error.message}`, { cause: error });
  }
}

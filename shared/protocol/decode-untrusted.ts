/** Decodes what came from outside, with a fault told as an error of our table. */
import { type ErrorCode, OvationError } from "./errors.ts";
import { decode, type Encoding } from "./wire/codec.ts";
import { MalformedError } from "./wire/msgpack-guard.ts";

/**
 * @param what what the bytes are to the one who is told, such as `the body`
 * @throws OvationError with `code` when the bytes are malformed
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
    if (!(error instanceof MalformedError)) throw error;
    throw new OvationError(code, `${what}: ${error.message}`, { cause: error });
  }
}

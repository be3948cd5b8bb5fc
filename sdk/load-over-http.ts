/** Loads everything that uses HTTP when it is first needed: most viewers never need it. */
import { OvationError } from "./error.ts";
import { within } from "./within.ts";

/**
 * Loads the chunk once; after a failure, the next call tries again.
 * @throws OvationError `chunk_unavailable`
 */
export async function loadOverHttp(timeoutMs: number) {
  try {
    return await within(timeoutMs, import("./over-http/index.ts"));
  } catch (cause) {
    const message = `the client's HTTP chunk can't be loaded: ${cause}`;
    throw new OvationError("chunk_unavailable", message, { cause });
  }
}

/** What most viewers of a video never need is loaded when it is: all that goes over HTTP. */
import { OvationError } from "./error.ts";
import { within } from "./within.ts";

/**
 * Loaded once; what failed is asked for again.
 * @throws OvationError `chunk_unavailable`
 */
export async function loadOverHttp(timeoutMs: number) {
  try {
    return await within(timeoutMs, import("./over-http/index.ts"));
  } catch (cause) {
    const message = `the client's file for HTTP can't be loaded: ${cause}`;
    throw new OvationError("chunk_unavailable", message, { cause });
  }
}

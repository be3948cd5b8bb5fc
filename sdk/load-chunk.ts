/** Loads the parts of the client that most viewers never need. */
import { OvationError } from "./error.ts";
import { within } from "./within.ts";

async function load<T>(timeoutMs: number, chunk: Promise<T>): Promise<T> {
  try {
    return await within(timeoutMs, chunk);
  } catch (cause) {
    const message = `a chunk of the client can't be loaded: ${cause}`;
    throw new OvationError("chunk_unavailable", message, { cause });
  }
}

/**
 * Loads everything that uses HTTP, once; after a failure, the next call tries again.
 * @throws OvationError `chunk_unavailable`
 */
export function loadOverHttp(timeoutMs: number) {
  return load(timeoutMs, import("./over-http/index.ts"));
}

/**
 * Loads the values that change: totals, state, polls and more.
 * @throws OvationError `chunk_unavailable`
 */
export function loadLive(timeoutMs: number) {
  return load(timeoutMs, import("./live/index.ts"));
}

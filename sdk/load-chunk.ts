/** Loads the parts of the client that most viewers never need. */
import { OvationError } from "./error.ts";
import { within } from "./within.ts";

async function load<T>(what: string, timeoutMs: number, chunk: Promise<T>): Promise<T> {
  try {
    return await within(timeoutMs, chunk);
  } catch (cause) {
    const message = `the client's chunk for ${what} can't be loaded: ${cause}`;
    throw new OvationError("chunk_unavailable", message, { cause });
  }
}

/**
 * Loads everything that uses HTTP, once; after a failure, the next call tries again.
 * @throws OvationError `chunk_unavailable`
 */
export async function loadOverHttp(timeoutMs: number) {
  return await load("HTTP", timeoutMs, import("./over-http/index.ts"));
}

/**
 * Loads the values that change: totals, state, polls and more.
 * @throws OvationError `chunk_unavailable`
 */
export async function loadLive(timeoutMs: number) {
  return await load("live values", timeoutMs, import("./live/index.ts"));
}

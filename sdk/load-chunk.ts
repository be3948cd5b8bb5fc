/** Loads the parts of the client that most viewers never need. */
import { CONNECT_PATH, HISTORY_LIMIT } from "../shared/protocol/wire/endpoints.ts";
import { checkOptions } from "./arguments.ts";
import { errorOf, isRetryable, isTokenCode, OvationError } from "./error.ts";
import {
  answerOf,
  countsOf,
  dispatchPush,
  eventsOf,
  isFields,
  refusalOf,
} from "./link/incoming.ts";
import { doubtTimes } from "./link/link.ts";
import { notify } from "./listeners.ts";
import { decodeMsgpack } from "./wire/msgpack-decode.ts";
import { encodeMsgpack } from "./wire/msgpack-encode.ts";
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
export async function loadOverHttp(timeoutMs: number) {
  const chunk = await load(timeoutMs, import("./over-http/index.ts"));
  chunk.receiveCore({
    OvationError,
    errorOf,
    isRetryable,
    isTokenCode,
    answerOf,
    countsOf,
    dispatchPush,
    eventsOf,
    isFields,
    refusalOf,
    doubtTimes,
    checkOptions,
    encode: encodeMsgpack,
    decode: decodeMsgpack,
    connectPath: CONNECT_PATH,
    historyLimit: HISTORY_LIMIT,
  });
  return chunk;
}

/** Loads what reports to the gateway. Nobody misses it where it can't be loaded. */
export function loadReports() {
  return import("./reports/index.ts").catch(() => undefined);
}

/**
 * Loads the values that change: totals, state, polls and more.
 * @throws OvationError `chunk_unavailable`
 */
export function loadLive(timeoutMs: number) {
  return load(timeoutMs, import("./live/index.ts"));
}

/**
 * Loads what shows events when the picture gets there.
 * @throws OvationError `chunk_unavailable`
 */
export async function loadPlayhead(timeoutMs: number) {
  const chunk = await load(timeoutMs, import("./playhead/index.ts"));
  chunk.receiveCore({ notify, isRetryable, OvationError });
  return chunk;
}

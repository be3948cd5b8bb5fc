/**
 * What this chunk uses of the core. The core passes it after it has loaded the chunk: if the chunk
 * imported it, a bundler would move it out of the core's file, into one more that every page loads.
 */
import type { checkOptions } from "../arguments.ts";
import type { errorOf, isRetryable, isTokenCode, OvationError } from "../error.ts";
import type {
  answerOf,
  countsOf,
  dispatchPush,
  eventsOf,
  isFields,
  refusalOf,
} from "../link/incoming.ts";
import type { doubtTimes } from "../link/link.ts";
import type { decodeMsgpack } from "../wire/msgpack-decode.ts";
import type { encodeMsgpack } from "../wire/msgpack-encode.ts";

export interface Core {
  readonly OvationError: typeof OvationError;
  readonly errorOf: typeof errorOf;
  readonly isRetryable: typeof isRetryable;
  readonly isTokenCode: typeof isTokenCode;
  readonly answerOf: typeof answerOf;
  readonly countsOf: typeof countsOf;
  readonly dispatchPush: typeof dispatchPush;
  readonly eventsOf: typeof eventsOf;
  readonly isFields: typeof isFields;
  readonly refusalOf: typeof refusalOf;
  readonly doubtTimes: typeof doubtTimes;
  readonly checkOptions: typeof checkOptions;
  readonly encode: typeof encodeMsgpack;
  readonly decode: typeof decodeMsgpack;
  readonly connectPath: string;
  readonly historyLimit: number;
}

/** Known once the chunk is loaded: nothing in it runs before. */
export let core: Core;

export function receiveCore(given: Core): void {
  core = given;
}

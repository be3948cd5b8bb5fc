/** Errors that the SDK rejects with and reports, each with a code to decide by. */
import type { ErrorCode } from "../shared/protocol/errors.ts";

/**
 * What can go wrong on the client's own side.
 *
 * @example
 * const isHopeless = (code: ClientErrorCode) => code === "closed" || code === "token_refused";
 */
export type ClientErrorCode =
  /** `close()` was called. Of a publish: it was not taken. */
  | "closed"
  /** The client was closed before a publish that was sent was answered: it may have been taken. */
  | "unconfirmed"
  /** Not connected, and the wait was too long or not wanted. */
  | "not_connected"
  /** Too many publishes wait already. */
  | "queue_full"
  /** An event's `data` is not what `parse` takes; the event was left out. */
  | "data_unexpected"
  /** Nothing answers, or a proxy that reaches no gateway. */
  | "unreachable"
  /** What answers is no gateway: a path that leads nowhere, or another server. */
  | "wrong_address"
  /** The network answers instead of the gateway, with its sign-in page. */
  | "captive_portal"
  /** The gateway answers, but no WebSocket passes. */
  | "websocket_blocked"
  /** Something on the way holds event streams back: events are polled. */
  | "stream_buffered"
  /** The client's own file for what goes over HTTP can't be loaded. */
  | "chunk_unavailable"
  /** A page on `https:` can't use a gateway on `http:`. */
  | "mixed_content"
  /** The page's own Content-Security-Policy allows no connection to the gateway. */
  | "csp_blocked"
  /** Nothing was heard for too long. */
  | "silent"
  /** The connection ended. */
  | "connection_lost"
  /** The token was refused. */
  | "token_refused"
  /** The `token` callback failed. */
  | "token_unavailable";

/**
 * Codes of the gateway and of the client; a newer gateway may send others.
 *
 * @example
 * const texts: Partial<Record<OvationErrorCode, string>> = { data_too_large: "That is too long." };
 */
export type OvationErrorCode = ErrorCode | ClientErrorCode | (string & {});

/**
 * What more is known of an error.
 *
 * @example
 * throw new OvationError("token_refused", "signed out", { cause: error });
 */
export interface OvationErrorDetail {
  /** The field of the request that is at fault. */
  readonly field?: string | undefined;
  /** The limit that was passed. */
  readonly limit?: number | undefined;
  /** The video that it is about. */
  readonly video?: string | undefined;
  readonly cause?: unknown;
}

/**
 * An error with a code. `message` is for a person to read, `code` for a program to decide by: one of
 * the gateway's (docs/protocol.md has the table) or one of the client's own.
 *
 * @example
 * try {
 *   await video.publish("comment", { text });
 * } catch (error) {
 *   if (error instanceof OvationError && error.code === "data_too_large") askForLess();
 *   else throw error;
 * }
 */
export class OvationError extends Error {
  override readonly name = "OvationError";
  readonly code: OvationErrorCode;
  readonly field: string | undefined;
  readonly limit: number | undefined;
  readonly video: string | undefined;

  constructor(code: OvationErrorCode, message: string, detail: OvationErrorDetail = {}) {
    super(message, { cause: detail.cause });
    this.code = code;
    this.field = detail.field;
    this.limit = detail.limit;
    this.video = detail.video;
  }
}

/** What was refused, by the gateway or as it would. */
interface Refused extends Pick<OvationErrorDetail, "field" | "limit"> {
  readonly code: string;
  readonly message: string;
}

export function errorOf(refused: Refused, video: string): OvationError {
  return new OvationError(refused.code, refused.message, { ...refused, video });
}

/** Codes after which the same request may succeed; a test holds them to the table of all errors. */
const PASSING: readonly string[] = [
  "videos_exceeded",
  "in_flight_exceeded",
  "rate_limited",
  "connections_exceeded",
  "overloaded",
  "body_timeout",
  "keys_unavailable",
  "tickets_exceeded",
  "unavailable",
  "timeout",
  "history_unavailable",
  "history_busy",
  "predecessor_failed",
  "draining",
  "internal",
] satisfies readonly ErrorCode[];

/** Whether a request that was answered with this code is worth repeating (with the same event id). */
export function isPassing(code: string): boolean {
  return PASSING.includes(code);
}

/** Of the codes that are worth a repeat, those after which it may have been carried out all the same. */
const UNSURE: readonly string[] = [
  "timeout",
  "history_unavailable",
  "internal",
] satisfies readonly ErrorCode[];

/** Whether a request that was answered with this code, which is worth a repeat, may have been carried out. */
export function mayBeTaken(code: string): boolean {
  return UNSURE.includes(code);
}

/** Whether the code says that the token isn't good, so that coming back with it is no use. */
export function isTokenCode(code: string): boolean {
  return code.startsWith("token_") && code !== "token_unavailable";
}

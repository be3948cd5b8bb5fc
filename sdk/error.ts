/** The errors that the SDK rejects with and reports, each with a code for programs. */
import type { ErrorCode } from "../shared/protocol/errors.ts";

/**
 * The client's own error codes.
 *
 * @example
 * const isHopeless = (code: ClientErrorCode) => code === "closed" || code === "token_refused";
 */
export type ClientErrorCode =
  /** `close()` was called. A publish that is rejected with it was not accepted. */
  | "closed"
  /** The client was closed before a publish was answered: it may have been accepted. */
  | "unconfirmed"
  /** There was no connection within `waitMs`, or at once with `whileAway: "fail"`. */
  | "not_connected"
  /** Too many publishes are already waiting. */
  | "queue_full"
  /** `parse` refused an event's `data`; the event was skipped. */
  | "data_unexpected"
  /** The `playhead` of a video threw, or returned an invalid date; it counts as unknown. */
  | "playhead_invalid"
  /** Nothing answers, or a proxy that reaches no gateway. */
  | "unreachable"
  /** What answers is not a gateway: a path that does not exist, or another server. */
  | "wrong_address"
  /** The network answers instead of the gateway, with its sign-in page. */
  | "captive_portal"
  /** The gateway answers, but WebSockets are blocked. */
  | "websocket_blocked"
  /** Something on the way buffers event streams: the client polls. */
  | "stream_buffered"
  /** A chunk of the client can't be loaded: for HTTP, for live values or for playheads. */
  | "chunk_unavailable"
  /** A page on `https:` can't use a gateway on `http:`. */
  | "mixed_content"
  /** The page's own Content-Security-Policy allows no connection to the gateway. */
  | "csp_blocked"
  /** Nothing was received for too long. */
  | "silent"
  /** The connection ended. */
  | "connection_lost"
  /** The token was refused. */
  | "token_refused"
  /** The `token` callback failed. */
  | "token_unavailable";

/**
 * The codes of the gateway and of the client; a newer gateway may send others.
 *
 * @example
 * const texts: Partial<Record<OvationErrorCode, string>> = { data_too_large: "That is too long." };
 */
export type OvationErrorCode = ErrorCode | ClientErrorCode | (string & {});

/**
 * Details of an {@link OvationError}.
 *
 * @example
 * throw new OvationError("token_refused", "signed out", { cause: error });
 */
export interface OvationErrorDetail {
  /** The invalid field of the request. */
  readonly field?: string | undefined;
  /** The limit that was exceeded. */
  readonly limit?: number | undefined;
  /** The video that the error is about. */
  readonly video?: string | undefined;
  /** How long to wait before the request is repeated, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/**
 * An error with a code. `message` is for people, `code` for programs: one of the gateway's
 * (docs/protocol.md has the table) or one of the client's own.
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
  declare readonly code: OvationErrorCode;
  declare readonly field: string | undefined;
  declare readonly limit: number | undefined;
  declare readonly video: string | undefined;
  declare readonly retryAfterMs: number | undefined;

  constructor(code: OvationErrorCode, message: string, detail: OvationErrorDetail = {}) {
    super(message, { cause: detail.cause });
    this.code = code;
    this.field = detail.field;
    this.limit = detail.limit;
    this.video = detail.video;
    this.retryAfterMs = detail.retryAfterMs;
  }
}

/** A refusal by the gateway, or by the client's own check of the same rules. */
interface Refused extends Pick<OvationErrorDetail, "field" | "limit" | "retryAfterMs"> {
  readonly code: string;
  readonly message: string;
}

export function errorOf(refused: Refused, video: string): OvationError {
  return new OvationError(refused.code, refused.message, { ...refused, video });
}

/**
 * Codes after which the request may have been carried out nevertheless, and be repeated with the
 * same event id; a test compares them with the table of all errors.
 */
const MAY_BE_ACCEPTED: readonly string[] = [
  "timeout",
  "history_unavailable",
  "state_unavailable",
  "votes_unavailable",
  "internal",
] satisfies readonly ErrorCode[];

/** Other codes after which the same request may succeed, besides those that end in `unavailable`. */
const RETRYABLE: readonly string[] = [
  "videos_exceeded",
  "in_flight_exceeded",
  "rate_limited",
  "connections_exceeded",
  "overloaded",
  "body_timeout",
  "tickets_exceeded",
  "history_busy",
  "predecessor_failed",
  "draining",
] satisfies readonly ErrorCode[];

/** Whether a request that was answered with this code is worth repeating (with the same event id). */
export function isRetryable(code: string): boolean {
  return code.endsWith("unavailable") || RETRYABLE.includes(code) || mayBeAccepted(code);
}

/** Whether a request that failed with this code may have been carried out nevertheless. */
export function mayBeAccepted(code: string): boolean {
  return MAY_BE_ACCEPTED.includes(code);
}

/** Whether the code says that the token is not valid, so reconnecting with it is useless. */
export function isTokenCode(code: string): boolean {
  return code.startsWith("token_") && code !== "token_unavailable";
}

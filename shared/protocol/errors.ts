/**
 * Every error that Ovation answers with: one table, from which docs/protocol.md is made.
 * `status` is the HTTP status; `close` the close code where the error ends a WebSocket.
 */
import type { CloseReason } from "./close-codes.ts";

/** `no`: the same request fails again. `yes`: nothing was taken. `same-id`: the outcome is unknown. */
export type Retry = "no" | "yes" | "same-id";

export interface ErrorKind {
  readonly status: number;
  readonly retry: Retry;
  readonly meaning: string;
  readonly close?: CloseReason;
  /** It closes only when the request's id can't be read: else that one request is refused. */
  readonly closesWithoutId?: boolean;
}

function refused(meaning: string, status = 400): ErrorKind {
  return { status, retry: "no", meaning };
}

function violation(close: CloseReason, meaning: string, status = 400): ErrorKind {
  return { status, retry: "no", meaning, close };
}

export const errorKinds = {
  message_malformed: {
    ...violation("malformed", "The message is not one valid msgpack map or JSON object."),
    closesWithoutId: true,
  },
  message_too_large: {
    ...violation("tooLarge", "The message is over the message limit.", 413),
    closesWithoutId: true,
  },
  frame_type_wrong: violation("frameType", "Text came on a msgpack connection, or binary on JSON."),
  request_id_invalid: violation(
    "requestId",
    "`id` is missing, is not a whole number from 1 up, or is not above the last one.",
  ),
  connect_timeout: violation("connectTimeout", "No `connect` came in time.", 408),
  token_required: violation("tokenRefused", "A token or an API key is due.", 401),
  token_refused: violation("tokenRefused", "The token, API key or ticket is not valid here.", 401),
  token_expired: violation("tokenExpired", "The token has expired: get a fresh one.", 401),
  keys_unavailable: {
    status: 503,
    retry: "yes",
    meaning: "The keys of tokens can't be had just now, so that none can be looked at.",
  },
  forbidden: refused("What the token or API key allows does not cover this.", 403),
  tickets_exceeded: {
    status: 429,
    retry: "yes",
    meaning: "The gateway issues no more tickets for the moment.",
  },
  op_unknown: refused("`op` is not one of the protocol."),
  connect_required: refused("The first request must be `connect`."),
  already_connected: refused("`connect` was answered before on this connection."),
  field_invalid: refused("A field is missing, or its value is not taken; `field` names it."),
  video_invalid: refused("The video id is not 1 to 128 characters out of A-Z a-z 0-9 _ -."),
  kind_unknown: refused("The kind is not configured."),
  kind_reserved: refused("The kind is made by Ovation itself and can't be published."),
  event_id_invalid: refused("The event id is not 1 to 64 characters out of A-Z a-z 0-9 _ -."),
  data_too_large: refused("`data` is over the data limit.", 413),
  data_invalid: refused("`data` holds what is not taken; `field` names the place."),
  already_subscribed: refused("This connection watches the video already.", 409),
  not_subscribed: refused("This connection does not watch the video.", 409),
  subscriptions_exceeded: refused("The connection watches as many videos as it may.", 429),
  videos_exceeded: {
    status: 503,
    retry: "yes",
    meaning:
      "The gateway holds as many videos as it may, or too many new ones came at once. Try again, or another gateway.",
  },
  in_flight_exceeded: {
    status: 429,
    retry: "yes",
    meaning: "Too many publishes of this connection wait for their answer.",
  },
  rate_limited: {
    status: 429,
    retry: "yes",
    meaning:
      "Too much in too short a time: `message` says of what. Nothing was taken. Come again after `retryAfterMs`.",
  },
  connections_exceeded: {
    status: 429,
    retry: "yes",
    meaning:
      "As many viewers are connected from the client's address, or over Server-Sent Events, as may be.",
  },
  overloaded: {
    status: 503,
    retry: "yes",
    meaning:
      "The gateway, or a dispatcher, has too much to do just now. Nothing was taken. Try again after `retryAfterMs`, or another gateway.",
  },
  origin_refused: refused("The web page's `Origin` is not one that may use this gateway.", 403),
  batch_size_invalid: refused("A list of events must hold 1 to 1,000.", 413),
  body_malformed: refused("The body is not valid JSON or msgpack."),
  body_too_large: refused("The body is over the body limit.", 413),
  body_timeout: {
    status: 408,
    retry: "yes",
    meaning: "The body did not come in time. Nothing was taken.",
  },
  content_encoding_unsupported: refused(
    "The body is compressed, or otherwise encoded; send it as it is, without `Content-Encoding`.",
    415,
  ),
  content_type_unsupported: refused("`Content-Type` is not application/json or msgpack.", 415),
  host_repeated: refused("The request has more than one `Host`."),
  transfer_encoding_unsupported: refused("`Transfer-Encoding` must be `chunked` or absent.", 411),
  not_acceptable: refused("`Accept` must allow text/event-stream here.", 406),
  not_found: refused("There is nothing at this path.", 404),
  method_not_allowed: refused("The path does not know this method.", 405),
  handshake_invalid: refused("`Upgrade: websocket`, `Connection: Upgrade` and a key are due."),
  version_unsupported: refused("`Sec-WebSocket-Version` must be 13.", 426),
  subprotocol_unsupported: refused("No subprotocol that the gateway speaks was offered."),
  unavailable: {
    status: 503,
    retry: "yes",
    meaning: "No dispatcher can be reached just now. Nothing was taken.",
  },
  timeout: {
    status: 504,
    retry: "same-id",
    meaning: "No answer in time. The event may have been sent: repeat it with the same event id.",
  },
  history_unavailable: {
    status: 503,
    retry: "same-id",
    meaning:
      "The history can't be written or read just now. An event may have been stored all the same: repeat it with the same event id.",
  },
  history_busy: {
    status: 503,
    retry: "yes",
    meaning: "Too many durable events wait to be stored. Nothing was taken.",
  },
  predecessor_failed: {
    status: 503,
    retry: "yes",
    meaning:
      "An event that this connection published on the video before failed, so this one was not tried. Nothing was taken. Repeat both, in their order.",
  },
  event_not_found: refused("The video's history holds no such event.", 404),
  draining: { status: 503, retry: "yes", meaning: "The gateway is about to stop." },
  internal: { status: 500, retry: "same-id", meaning: "A fault of Ovation's own; it was logged." },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof errorKinds;

/** What an error looks like on every wire. */
export interface ErrorBody {
  readonly code: ErrorCode;
  readonly message: string;
  /** The field that is at fault, such as `events[3].kind`. */
  readonly field?: string;
  /** The limit that was passed, in the unit that `message` names. */
  readonly limit?: number;
  /** The id to repeat the event with, where its outcome is unknown. */
  readonly eventId?: string;
  /** How long to wait before the request is repeated, in milliseconds. */
  readonly retryAfterMs?: number;
}

interface Detail {
  readonly field?: string | undefined;
  readonly limit?: number | undefined;
  readonly eventId?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/** An error with a code of the table: what a caller is told when a request is refused. */
export class OvationError extends Error {
  override readonly name = "OvationError";
  readonly code: ErrorCode;
  readonly field: string | undefined;
  readonly limit: number | undefined;
  readonly eventId: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message?: string, detail: Detail = {}) {
    super(message ?? errorKinds[code].meaning, { cause: detail.cause });
    this.code = code;
    this.field = detail.field;
    this.limit = detail.limit;
    this.eventId = detail.eventId;
    this.retryAfterMs = detail.retryAfterMs;
  }

  /** The same error, which tells the id to repeat the event with. */
  repeatWith(eventId: string | undefined): OvationError {
    const { code, message, field, limit, retryAfterMs, cause } = this;
    return new OvationError(code, message, { field, limit, eventId, retryAfterMs, cause });
  }

  get kind(): ErrorKind {
    return errorKinds[this.code];
  }

  body(): ErrorBody {
    return {
      code: this.code,
      message: this.message,
      ...(this.field === undefined ? {} : { field: this.field }),
      ...(this.limit === undefined ? {} : { limit: this.limit }),
      ...(this.eventId === undefined ? {} : { eventId: this.eventId }),
      ...(this.retryAfterMs === undefined ? {} : { retryAfterMs: this.retryAfterMs }),
    };
  }
}

/** The error as one of ours: anything unforeseen becomes `internal`, its text kept out of sight. */
export function asOvationError(error: unknown): OvationError {
  return error instanceof OvationError
    ? error
    : new OvationError("internal", undefined, { cause: error });
}

export function isErrorCode(text: unknown): text is ErrorCode {
  return typeof text === "string" && Object.hasOwn(errorKinds, text);
}

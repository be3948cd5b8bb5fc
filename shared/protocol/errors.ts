/**
 * Every error that Ovation answers with: one table, from which docs/protocol.md is generated.
 * `status` is the HTTP status; `close` the close code where the error ends a WebSocket.
 */
import type { CloseReason } from "./close-codes.ts";

/** `no`: the same request would fail again. `yes`: it had no effect. `same-id`: outcome unknown. */
export type Retry = "no" | "yes" | "same-id";

export interface ErrorKind {
  readonly status: number;
  readonly retry: Retry;
  readonly meaning: string;
  readonly close?: CloseReason;
  /** Closes only when the request's id can't be read; otherwise only that request is refused. */
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
    ...violation("tooLarge", "The message exceeds the message limit.", 413),
    closesWithoutId: true,
  },
  frame_type_wrong: violation(
    "frameType",
    "A text frame on a msgpack connection, or a binary frame on a JSON one.",
  ),
  request_id_invalid: violation(
    "requestId",
    "`id` is missing, is not an integer of at least 1, or is not greater than the last one.",
  ),
  connect_timeout: violation("connectTimeout", "No `connect` arrived in time.", 408),
  token_required: violation("tokenRefused", "A token or an API key is required.", 401),
  token_refused: violation("tokenRefused", "The token, API key or ticket is not valid here.", 401),
  token_expired: violation("tokenExpired", "The token has expired: get a fresh one.", 401),
  keys_unavailable: {
    status: 503,
    retry: "yes",
    meaning: "The keys that tokens are checked with can't be fetched at the moment.",
  },
  forbidden: refused("The token or API key does not allow this.", 403),
  banned: refused(
    "A moderator has banned the actor: with `mute` from publishing, with `ban` from watching too; `untilMs` says when that ends.",
    403,
  ),
  ban_not_found: refused("The actor is not banned there.", 404),
  bans_exceeded: refused("There are as many bans as allowed.", 429),
  moderation_unavailable: {
    status: 503,
    retry: "yes",
    meaning:
      "Bans, or the record of what moderators do, can't be stored at the moment. What was asked for may have been done all the same: a repeat does no harm.",
  },
  tickets_exceeded: {
    status: 429,
    retry: "yes",
    meaning: "The gateway issues no more tickets at the moment.",
  },
  op_unknown: refused("`op` is not an operation of the protocol."),
  report_unwanted: refused("The gateway has not asked this connection for reports.", 409),
  connect_required: refused("The first request must be `connect`."),
  already_connected: refused("This connection has already sent `connect`."),
  field_invalid: refused("A field is missing or its value is not accepted; `field` names it."),
  video_invalid: refused("The video id is not 1 to 128 characters of A-Z a-z 0-9 _ -."),
  kind_unknown: refused("The kind is not configured."),
  kind_reserved: refused(
    "The kind is built in: Ovation itself sends it, and it can't be published.",
  ),
  kinds_invalid: refused(
    "The document of kinds is not valid, and nothing was changed: `message` names every fault, `field` the first.",
  ),
  event_id_invalid: refused("The event id is not 1 to 64 characters of A-Z a-z 0-9 _ -."),
  event_id_taken: refused(
    "Another publisher's event on the video has this id, or, where the publisher has no name, an event with other content.",
    409,
  ),
  variant_invalid: refused(
    "`data.variant` is missing, or is not 1 to 32 bytes of UTF-8 in Unicode's form NFC.",
  ),
  variant_unknown: refused("The kind has no such variant."),
  variants_exceeded: refused("The kind has as many other variants on this video as it may have."),
  data_too_large: refused("`data` exceeds the data limit.", 413),
  data_invalid: refused(
    "`data` holds a value that is not accepted, or is not what the kind's schema requires; `field` says where.",
  ),
  already_subscribed: refused("This connection already watches the video.", 409),
  not_subscribed: refused("This connection does not watch the video.", 409),
  subscriptions_exceeded: refused(
    "The connection watches as many videos as it is allowed to.",
    429,
  ),
  filters_exceeded: refused(
    "The video's viewers at the gateway, or this client's, have as many different `kinds` filters as allowed.",
    429,
  ),
  videos_exceeded: {
    status: 503,
    retry: "yes",
    meaning:
      "The gateway holds as many videos as it is allowed to, or too many new ones arrived at once. Try again, or try another gateway.",
  },
  in_flight_exceeded: {
    status: 429,
    retry: "yes",
    meaning: "Too many publishes of this connection wait for an answer.",
  },
  rate_limited: {
    status: 429,
    retry: "yes",
    meaning:
      "Too many requests in too short a time: `message` says of what. The request had no effect. Repeat it after `retryAfterMs`.",
  },
  connections_exceeded: {
    status: 429,
    retry: "yes",
    meaning:
      "The client's address, or the gateway over Server-Sent Events, has as many viewers as allowed.",
  },
  overloaded: {
    status: 503,
    retry: "yes",
    meaning:
      "The gateway or a dispatcher is overloaded. The request had no effect. Try again after `retryAfterMs`, or try another gateway.",
  },
  origin_refused: refused("The web page's `Origin` is not allowed at this gateway.", 403),
  host_refused: refused("The `Host` of the request is not one of this gateway's.", 403),
  batch_size_invalid: refused("A list of events must hold 1 to 1,000.", 413),
  body_malformed: refused("The body is not valid JSON or msgpack."),
  body_too_large: refused("The body exceeds the body limit.", 413),
  body_timeout: {
    status: 408,
    retry: "yes",
    meaning: "The body did not arrive in time. The request had no effect.",
  },
  content_encoding_unsupported: refused(
    "The body is compressed or otherwise encoded; send it plain, without `Content-Encoding`.",
    415,
  ),
  content_type_unsupported: refused("`Content-Type` is not application/json or msgpack.", 415),
  head_ambiguous: refused(
    "Others could read the request differently: a header is repeated, or its value is not one. `field` names it. The connection ends.",
  ),
  transfer_encoding_unsupported: refused(
    "The body must have a `Content-Length`: `Transfer-Encoding`, and so `chunked`, is not accepted. The connection ends.",
    411,
  ),
  not_acceptable: refused("`Accept` must allow text/event-stream here.", 406),
  not_found: refused("Nothing is served at this path.", 404),
  method_not_allowed: refused("The path does not support this method.", 405),
  handshake_invalid: refused("`Upgrade: websocket`, `Connection: Upgrade` and a key are required."),
  version_unsupported: refused("`Sec-WebSocket-Version` must be 13.", 426),
  subprotocol_unsupported: refused("The client offered no subprotocol that the gateway supports."),
  unavailable: {
    status: 503,
    retry: "yes",
    meaning: "No dispatcher can be reached at the moment. The request had no effect.",
  },
  timeout: {
    status: 504,
    retry: "same-id",
    meaning:
      "No answer arrived in time. The event may have been sent: repeat it with the same event id.",
  },
  history_unavailable: {
    status: 503,
    retry: "same-id",
    meaning:
      "The history can't be written or read at the moment. The event may have been stored all the same: repeat it with the same event id.",
  },
  history_busy: {
    status: 503,
    retry: "yes",
    meaning: "Too many durable events wait to be stored. The request had no effect.",
  },
  state_too_large: refused(
    "The video's state would have more than 64 values, or more than 64 KiB; `field` says which.",
    413,
  ),
  state_unavailable: {
    status: 503,
    retry: "same-id",
    meaning:
      "The video's state can't be written at the moment. The value may have been stored all the same: repeat it with the same event id.",
  },
  closed_kind: refused(
    "By the rules of the room, only moderators may publish this kind at the moment.",
    403,
  ),
  text_too_long: refused("By the rules of the room, the text has too many characters."),
  emoji_only: refused("By the rules of the room, the text may have emoji only."),
  denied: refused("A reviewer has refused the event; `message` may say why.", 403),
  review_unavailable: {
    status: 503,
    retry: "yes",
    meaning: "The reviewers of this kind give no verdict at the moment. The event had no effect.",
  },
  video_ended: refused("The video has ended: nothing can be published on it any more.", 409),
  predecessor_failed: {
    status: 503,
    retry: "yes",
    meaning:
      "An earlier event of this connection on the video failed, so this one was not tried and had no effect. Repeat both, in their order.",
  },
  event_not_found: refused("The video's history has no such event.", 404),
  votes_unavailable: {
    status: 503,
    retry: "same-id",
    meaning:
      "Votes can't be stored at the moment. The vote may have been counted all the same: repeat it with the same event id.",
  },
  actor_required: refused("A vote needs an actor: a token with `sub`, or `actor` from a backend."),
  poll_unknown: refused("The video has no poll of this name.", 404),
  poll_not_open: refused("The poll has not begun. The vote had no effect.", 409),
  poll_closed: refused("The poll has ended. The request had no effect.", 409),
  choice_unknown: refused("The poll has no such choice: choices are counted from 0."),
  already_voted: refused(
    "The actor has voted in this poll, which does not allow to change a vote.",
    409,
  ),
  poll_full: refused("The poll has as many votes as one may have.", 409),
  polls_exceeded: refused(
    "The video has as many polls that have not ended as it may have at once.",
    409,
  ),
  draining: { status: 503, retry: "yes", meaning: "The gateway is shutting down." },
  internal: {
    status: 500,
    retry: "same-id",
    meaning: "An internal error of Ovation; it was logged.",
  },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof errorKinds;

/** What an error looks like on every wire. */
export interface ErrorBody {
  readonly code: ErrorCode;
  readonly message: string;
  /** The wrong field, such as `events[3].kind`. */
  readonly field?: string;
  /** The limit that was exceeded, in the unit that `message` names. */
  readonly limit?: number;
  /** The id to repeat the event with, where its outcome is unknown. */
  readonly eventId?: string;
  /** How long to wait before the request is repeated, in milliseconds. */
  readonly retryAfterMs?: number;
  /** When a ban ends, in milliseconds since 1970; absent: never. */
  readonly untilMs?: number;
}

interface Detail {
  readonly field?: string | undefined;
  readonly limit?: number | undefined;
  readonly eventId?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly untilMs?: number | undefined;
  readonly cause?: unknown;
}

/** An error with a code of the table: the answer to a request that is refused. */
export class OvationError extends Error {
  override readonly name = "OvationError";
  readonly code: ErrorCode;
  readonly field: string | undefined;
  readonly limit: number | undefined;
  readonly eventId: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly untilMs: number | undefined;

  constructor(code: ErrorCode, message?: string, detail: Detail = {}) {
    super(message ?? errorKinds[code].meaning, { cause: detail.cause });
    this.code = code;
    this.field = detail.field;
    this.limit = detail.limit;
    this.eventId = detail.eventId;
    this.retryAfterMs = detail.retryAfterMs;
    this.untilMs = detail.untilMs;
  }

  /** The same error, with the id to repeat the event with. */
  repeatWith(eventId: string | undefined): OvationError {
    const { code, message, field, limit, retryAfterMs, untilMs, cause } = this;
    const detail = { field, limit, eventId, retryAfterMs, untilMs, cause };
    return new OvationError(code, message, detail);
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
      ...(this.untilMs === undefined ? {} : { untilMs: this.untilMs }),
    };
  }
}

/** The error as one of ours: anything unforeseen becomes `internal`, and its text is hidden. */
export function asOvationError(error: unknown): OvationError {
  return error instanceof OvationError
    ? error
    : new OvationError("internal", undefined, { cause: error });
}

export function isErrorCode(text: unknown): text is ErrorCode {
  return typeof text === "string" && Object.hasOwn(errorKinds, text);
}

/**
 * Why a WebSocket was closed. One table for gateway, SDK and docs.
 * By its range a code says whether to connect again: 4400 to 4499 is the client's own error and
 * would happen again; everything else is worth another try.
 */
export interface CloseCode {
  readonly code: number;
  readonly reason: string;
  /** Whether a client should connect again. */
  readonly reconnect: boolean;
  readonly meaning: string;
}

function closeCode(code: number, reason: string, meaning: string): CloseCode {
  return { code, reason, reconnect: code < 4400 || code > 4499, meaning };
}

export const closeCodes = {
  internal: closeCode(1011, "internal", "An internal error of the gateway. Connect again."),
  restart: closeCode(1012, "restart", "The gateway stops or restarts. Connect again."),
  cutOff: closeCode(
    4503,
    "cut_off",
    "The gateway is cut off from NATS. Connect again, to another gateway if there is one.",
  ),
  full: closeCode(
    1013,
    "full",
    "The gateway holds as many viewers as allowed. Connect again, to another gateway if there is one.",
  ),
  malformed: closeCode(
    4400,
    "malformed",
    "A message was not valid msgpack or JSON, and no request id could be read in it.",
  ),
  tokenExpired: closeCode(
    4401,
    "token_expired",
    "The token has expired, and no new one arrived in time.",
  ),
  tokenRefused: closeCode(4403, "token_refused", "The token is missing, or was refused."),
  banned: closeCode(4406, "banned", "A moderator has banned the actor from watching any video."),
  connectTimeout: closeCode(4408, "connect_timeout", "No `connect` arrived in time."),
  requestId: closeCode(
    4409,
    "request_id",
    "A request id was missing, not a number or not increasing.",
  ),
  tooLarge: closeCode(
    4413,
    "too_large",
    "A message exceeded the limit, and no request id could be read in it.",
  ),
  frameType: closeCode(
    4415,
    "frame_type",
    "A text frame where binary is required, or the reverse.",
  ),
  flooding: closeCode(
    4429,
    "rate_limit",
    "The client kept sending despite repeated `rate_limited` errors.",
  ),
  slow: closeCode(4508, "slow", "The client read too slowly to receive its answers."),
} as const;

export type CloseReason = keyof typeof closeCodes;

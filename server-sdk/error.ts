/** The errors that every call rejects with, each with a code for programs. */
import { type ErrorCode, errorKinds, isErrorCode, type Retry } from "../shared/protocol/errors.ts";

/**
 * The codes that come from this package and not from a gateway.
 *
 * @example
 * const isOurs = (code: string): code is ServerErrorCode =>
 *   ["unreachable", "wrong_address", "token_unavailable", "webhook_invalid", "position_gone",
 *    "record_unreadable"].includes(code);
 */
export type ServerErrorCode =
  /** Nothing answers at the address, or a proxy that reaches no gateway. */
  | "unreachable"
  /** What answers is not a gateway: another server, or a path that does not exist. */
  | "wrong_address"
  /** The option `token` is a function, and it failed. */
  | "token_unavailable"
  /** A webhook is not signed with one of the secrets, is too old, or is not one. */
  | "webhook_invalid"
  /** What follows the position that was given is not kept any more, or is another history's. */
  | "position_gone"
  /** The history has a record of a later format. */
  | "record_unreadable";

/**
 * Every code; a newer gateway may send others.
 *
 * @example
 * const texts: Partial<Record<OvationErrorCode, string>> = { banned: "You can't comment here." };
 */
export type OvationErrorCode = ErrorCode | ServerErrorCode | (string & {});

/**
 * Details of an {@link OvationError}.
 *
 * @example
 * const detail: OvationErrorDetail = { field: "data.text", limit: 200 };
 */
export interface OvationErrorDetail {
  /** The invalid field of the request, such as `events[3].kind`. */
  readonly field?: string | undefined;
  /** The limit that was exceeded, in the unit that the message names. */
  readonly limit?: number | undefined;
  /** How long to wait before the request is repeated, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** When a ban ends, in milliseconds since 1970; absent: never. */
  readonly untilMs?: number | undefined;
  /** The HTTP status of the answer; absent where there was none. */
  readonly status?: number | undefined;
  /** Of `position_gone`: where what is still there begins. */
  readonly position?: string | undefined;
  readonly cause?: unknown;
}

/**
 * An error with a code. `message` is for people, `code` for programs: one of the gateway's
 * (docs/protocol.md has the table) or a {@link ServerErrorCode}.
 *
 * @example
 * try {
 *   await video.publish({ kind: "comment", actor: "anna", data: { text: "hello" } });
 * } catch (error) {
 *   if (error instanceof OvationError && error.code === "banned") console.log(error.untilMs);
 *   else throw error;
 * }
 */
export class OvationError extends Error {
  override readonly name = "OvationError";
  readonly code: OvationErrorCode;
  readonly field: string | undefined;
  readonly limit: number | undefined;
  readonly retryAfterMs: number | undefined;
  readonly untilMs: number | undefined;
  readonly status: number | undefined;
  readonly position: string | undefined;

  constructor(code: OvationErrorCode, message: string, detail: OvationErrorDetail = {}) {
    super(message, { cause: detail.cause });
    this.code = code;
    this.field = detail.field;
    this.limit = detail.limit;
    this.retryAfterMs = detail.retryAfterMs;
    this.untilMs = detail.untilMs;
    this.status = detail.status;
    this.position = detail.position;
  }
}

/** What a body says of an error; undefined for what is not an error of a gateway. */
export function errorIn(
  body: unknown,
  { status, retryAfterMs }: Pick<OvationErrorDetail, "status" | "retryAfterMs"> = {},
): OvationError | undefined {
  if (!isFields(body) || typeof body["code"] !== "string") return undefined;
  const { code, message } = body;
  const number = (name: string) => (typeof body[name] === "number" ? body[name] : undefined);
  return new OvationError(code, typeof message === "string" ? message : code, {
    field: typeof body["field"] === "string" ? body["field"] : undefined,
    limit: number("limit"),
    retryAfterMs: number("retryAfterMs") ?? retryAfterMs,
    untilMs: number("untilMs"),
    status,
  });
}

/** Whether a request that failed with this code may be repeated; of an unknown code: no. */
export function retryOf(code: string): Retry {
  if (code === "unreachable") return "same-id";
  return isErrorCode(code) ? errorKinds[code].retry : "no";
}

export function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

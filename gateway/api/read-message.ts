/** Reads a WebSocket message: a request with an id, or an error that says as much as is known. */
import type { GatewayConfig } from "../../shared/config/settings.ts";
import { decodeUntrusted } from "../../shared/protocol/decode-untrusted.ts";
import { OvationError } from "../../shared/protocol/errors.ts";
import type { EventRules } from "../../shared/protocol/events.ts";
import type { Encoding } from "../../shared/protocol/wire/codec.ts";
import { requestIdSchema } from "../../shared/protocol/wire/messages.ts";
import { readRequestId } from "../../shared/protocol/wire/request-id.ts";
import type { ValueBound } from "../../shared/protocol/wire/value-count.ts";

/** Values that any message or body of a viewer may hold: enough for a list of a thousand likes. */
const VALUES_LIMIT = 10_000;
/** How much more may be in the body of a backend. */
const BACKEND_VALUES = 10;

/** How many values a message or body may hold; no event's data can have more values than bytes. */
export function valuesLimit(rules: Pick<EventRules, "dataLimitBytes">, isBackend: boolean): number {
  const limit = Math.max(VALUES_LIMIT, rules.dataLimitBytes);
  return isBackend ? BACKEND_VALUES * limit : limit;
}

/** What a message may hold. */
export interface MessageBounds {
  readonly bytes: number;
  readonly values: ValueBound;
}

export function messageBounds(
  config: Pick<GatewayConfig, "messageLimitBytes" | "dataLimitBytes">,
): MessageBounds {
  return { bytes: config.messageLimitBytes, values: { limit: valuesLimit(config, false) } };
}

/** @throws OvationError frame_type_wrong, message_too_large, message_malformed, data_invalid */
export function parseMessage(
  wire: Encoding,
  { bytes: limitBytes, values }: MessageBounds,
  bytes: Uint8Array,
  isBinary: boolean,
): Record<string, unknown> {
  if (isBinary !== (wire === "msgpack")) throw new OvationError("frame_type_wrong");
  if (bytes.length > limitBytes) {
    const text = `the message is ${bytes.length} bytes; the limit is ${limitBytes}`;
    throw new OvationError("message_too_large", text, { limit: limitBytes });
  }
  const message = decodeUntrusted(wire, bytes, "message_malformed", "the message", values);
  if (typeof message !== "object" || message === null || Array.isArray(message)) {
    throw new OvationError("message_malformed", "the message is not a map");
  }
  return message as Record<string, unknown>;
}

/**
 * A request's id; undefined if it is invalid. Ids must rise, so that a repeated one is recognized
 * without remembering them all.
 * @param last the id of the previous request, 0 if there was none
 */
export function nextRequestId(id: unknown, last: number): number | undefined {
  const parsed = requestIdSchema.safeParse(id);
  return parsed.success && parsed.data > last ? parsed.data : undefined;
}

/** The error for a message without a valid id. */
export function withoutRequestId(): OvationError {
  return new OvationError("request_id_invalid", undefined, { field: "id" });
}

/**
 * How a message that can't be parsed is refused: its request id may still be readable.
 * @param last the id of the previous request
 * @returns the id, 0 if it isn't known, and the error
 */
export function refusalOf(
  wire: Encoding,
  bytes: Uint8Array,
  error: OvationError,
  last: number,
): { readonly id: number; readonly error: OvationError } {
  const { close, closesWithoutId } = error.kind;
  if (close !== undefined && closesWithoutId !== true) return { id: 0, error };
  const found = readRequestId(wire, bytes);
  const id = nextRequestId(found, last);
  if (id !== undefined) return { id, error };
  if (found !== undefined || error.field === "id") return { id: 0, error: withoutRequestId() };
  return { id: 0, error: close === undefined ? malformed(error) : error };
}

/** The same error, for a message whose request is not known. */
function malformed(error: OvationError): OvationError {
  return new OvationError("message_malformed", `the message: ${error.message}`, { cause: error });
}

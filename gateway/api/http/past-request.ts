/** Which past events a stream's request asks for: those after a position, or the last few. */
import { OvationError } from "../../../shared/protocol/errors.ts";
import { HISTORY_LIMIT } from "../../../shared/protocol/wire/messages.ts";
import type { ResumeRequest } from "../../history/histories.ts";
import type { HttpExchange } from "../../transport/http-exchange.ts";
import { parameter, wholeNumber } from "./query.ts";

/** `epoch:seq`, the `id:` of every message. */
const POSITION = /^([a-z0-9]{1,32}):(\d{1,16})$/;
/** A position that no history has, since no epoch is empty. */
const UNKNOWN: Position = { after: 0, epoch: "" };

type Position = Required<Pick<ResumeRequest, "after" | "epoch">>;

function positionOf(text: string): Position | undefined {
  const [, epoch, seq] = POSITION.exec(text) ?? [];
  const after = Number(seq);
  return epoch === undefined || !Number.isSafeInteger(after) ? undefined : { after, epoch };
}

function positionInQuery(exchange: HttpExchange): Position | undefined {
  const text = parameter(exchange, "after");
  if (text === undefined) return undefined;
  const position = positionOf(text);
  if (position !== undefined) return position;
  const fault = "after: not a position, which is epoch:seq as the id of each message has it";
  throw new OvationError("field_invalid", fault, { field: "after" });
}

/**
 * Where the client wants to resume. An `EventSource` that reconnects sends its last id in a header,
 * which may come from another server: an unreadable one counts as a position that can't be resumed
 * from, and the answer says so. In the query, an unreadable one is a program's error, and refused.
 * @throws OvationError field_invalid
 */
export function pastRequest(exchange: HttpExchange): ResumeRequest {
  const last = wholeNumber(exchange, "last", { min: 0, max: HISTORY_LIMIT });
  const after = positionInQuery(exchange);
  const lastEventId = exchange.header("last-event-id");
  return { ...(lastEventId === "" ? after : (positionOf(lastEventId) ?? UNKNOWN)), last };
}

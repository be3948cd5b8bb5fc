/** The operations of the WebSocket protocol: one file of this folder for each. */
import { OvationError } from "../../../shared/protocol/errors.ts";
import { errorOfIssues } from "../../../shared/protocol/events.ts";
import {
  isOp,
  type Op,
  type Request,
  requestSchemas,
} from "../../../shared/protocol/wire/messages.ts";
import { dropNulls } from "../../../shared/protocol/wire/null-fields.ts";
import type { RequestHandler } from "../request-handler.ts";
import { connect } from "./connect.ts";
import { pace } from "./pace.ts";
import { ping } from "./ping.ts";
import { publish } from "./publish.ts";
import { refresh } from "./refresh.ts";
import { report } from "./report.ts";
import { subscribe } from "./subscribe.ts";
import { unsubscribe } from "./unsubscribe.ts";

const handlers: { readonly [O in Op]: RequestHandler<O> } = {
  connect,
  refresh,
  subscribe,
  unsubscribe,
  publish,
  pace,
  ping,
  report,
};

/** @throws OvationError op_unknown */
export function opOf({ op }: Record<string, unknown>): Op {
  if (isOp(op)) return op;
  const known = Object.keys(requestSchemas).join(", ");
  throw new OvationError("op_unknown", `op: not one of ${known}`, { field: "op" });
}

/**
 * Checks the fields of a message.
 * @throws OvationError naming the field that is wrong
 */
export function requestOf(op: Op, message: Record<string, unknown>): Request<Op> {
  dropNulls(message);
  const parsed = requestSchemas[op].safeParse(message);
  if (!parsed.success) throw errorOfIssues(parsed.error);
  return parsed.data;
}

/** The handler of an operation. It takes only that operation's requests, which the type can't say. */
export function handlerOf(op: Op): RequestHandler<Op> {
  return handlers[op] as RequestHandler<Op>;
}

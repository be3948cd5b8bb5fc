/** `GET /v1/videos/{video}/history?before=&after=&from=&to=&limit=`: a page of the history. */

import { OvationError } from "../../../shared/protocol/errors.ts";
import { decodeTrustedMsgpack } from "../../../shared/protocol/wire/codec.ts";
import { HISTORY_LIMIT } from "../../../shared/protocol/wire/messages.ts";
import { monotonicNow } from "../../../shared/runtime/lifecycle.ts";
import { withSpan } from "../../../shared/runtime/tracing/tracer.ts";
import type { Grant } from "../../auth/grant.ts";
import type { HttpExchange } from "../../transport/http-exchange.ts";
import { type PageRequest, readHistory } from "../operations/history.ts";
import { startHttpSpan } from "../request-span.ts";
import { clientOf, type GatewayServices } from "../services.ts";
import { MOMENT, wholeNumber } from "./query.ts";
import { type HttpHandler, respondWith } from "./router.ts";
import { ROUTE_PATHS } from "./routes.ts";

const DEFAULT_LIMIT = 50;

export function historyOverHttp(services: GatewayServices): HttpHandler {
  const answer = async (exchange: HttpExchange, grant: Grant, video: string) => {
    const request = requestOf(exchange);
    const address = clientOf(services, exchange);
    const page = await readHistory(services, grant, address, video, request);
    // A page may be a megabyte.
    await services.rates.work.turns.next();
    respondWith(exchange, 200, { ...page, events: page.events.map(decodeTrustedMsgpack) });
  };
  return async (exchange, { video }, attempt) => {
    const at = monotonicNow();
    const grant = await services.auth.ofRequest(exchange);
    attempt.chargeTo(grant);
    const request = { exchange, grant, video, at, route: ROUTE_PATHS.history };
    const span = startHttpSpan(services.tracer, "ovation.history", request);
    await withSpan(span, answer(exchange, grant, video));
  };
}

/** @throws OvationError field_invalid */
function requestOf(exchange: HttpExchange): PageRequest {
  const from = wholeNumber(exchange, "from", MOMENT);
  const to = wholeNumber(exchange, "to", MOMENT);
  if (from !== undefined && to !== undefined && from > to) {
    throw new OvationError("field_invalid", "from: later than `to`", { field: "from" });
  }
  return {
    before: wholeNumber(exchange, "before", { min: 1, max: Number.MAX_SAFE_INTEGER }),
    after: wholeNumber(exchange, "after", { min: 0, max: Number.MAX_SAFE_INTEGER }),
    from,
    to,
    limit: wholeNumber(exchange, "limit", { min: 1, max: HISTORY_LIMIT }) ?? DEFAULT_LIMIT,
  };
}

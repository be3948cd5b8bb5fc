/** `GET /v1/videos/{video}/history?before=&limit=`: pages backwards through the history. */

import { decodeTrustedMsgpack } from "../../../shared/protocol/wire/codec.ts";
import { HISTORY_LIMIT } from "../../../shared/protocol/wire/messages.ts";
import { monotonicNow } from "../../../shared/runtime/lifecycle.ts";
import { withSpan } from "../../../shared/runtime/tracing/tracer.ts";
import type { Grant } from "../../auth/grant.ts";
import type { HttpExchange } from "../../transport/http-exchange.ts";
import { readHistory } from "../operations/history.ts";
import { startHttpSpan } from "../request-span.ts";
import { clientOf, type GatewayServices } from "../services.ts";
import { wholeNumber } from "./query.ts";
import { type HttpHandler, respondWith } from "./router.ts";
import { ROUTE_PATHS } from "./routes.ts";

const DEFAULT_LIMIT = 50;
export function historyOverHttp(services: GatewayServices): HttpHandler {
  const answer = async (exchange: HttpExchange, grant: Grant, video: string) => {
    const before = wholeNumber(exchange, "before", { min: 1, max: Number.MAX_SAFE_INTEGER });
    const limit = wholeNumber(exchange, "limit", { min: 1, max: HISTORY_LIMIT }) ?? DEFAULT_LIMIT;
    const address = clientOf(services, exchange);
    const page = await readHistory(services, grant, address, video, { before, limit });
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

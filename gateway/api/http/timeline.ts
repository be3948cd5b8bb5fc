/** `GET /v1/videos/{video}/timeline?from=&to=&step=`: events and viewers over time. */
import { OvationError } from "../../../shared/protocol/errors.ts";
import { SLOT_MS } from "../../../shared/protocol/totals/timeline-document.ts";
import { monotonicNow } from "../../../shared/runtime/lifecycle.ts";
import { withSpan } from "../../../shared/runtime/tracing/tracer.ts";
import type { Grant } from "../../auth/grant.ts";
import type { TimelineRequest } from "../../totals/timeline-reader.ts";
import type { HttpExchange } from "../../transport/http-exchange.ts";
import { startHttpSpan } from "../request-span.ts";
import { clientOf, type GatewayServices } from "../services.ts";
import { MOMENT, wholeNumber } from "./query.ts";
import { type HttpHandler, respondWith } from "./router.ts";
import { ROUTE_PATHS } from "./routes.ts";

const DEFAULT_STEP_MS = 60_000;
const DEFAULT_RANGE_MS = 3_600_000;
/** The longest time that one request may be about. */
const RANGE_LIMIT_MS = 86_400_000;
const POINTS_LIMIT = 1_440;

export function timelineOverHttp(services: GatewayServices): HttpHandler {
  const answer = async (exchange: HttpExchange, grant: Grant, video: string) => {
    grant.requireVideo(video);
    const request = requestOf(exchange, Date.now());
    const address = clientOf(services, exchange);
    services.rates.takeHistoryRead(grant.clientAt(address));
    const { points, bytes } = await services.timeline.read(video, request);
    services.rates.work.of(grant, address).past(bytes);
    respondWith(exchange, 200, { video, ...request, points });
  };
  return async (exchange, { video }, attempt) => {
    const at = monotonicNow();
    const grant = await services.auth.ofRequest(exchange);
    attempt.chargeTo(grant);
    const request = { exchange, grant, video, at, route: ROUTE_PATHS.timeline };
    const span = startHttpSpan(services.tracer, "ovation.timeline", request);
    await withSpan(span, answer(exchange, grant, video));
  };
}

function requestOf(exchange: HttpExchange, now: number): TimelineRequest {
  const stepRange = { min: SLOT_MS, max: RANGE_LIMIT_MS };
  const step = wholeNumber(exchange, "step", stepRange) ?? DEFAULT_STEP_MS;
  if (step % SLOT_MS !== 0) refuse("step", `not a multiple of ${SLOT_MS}`);
  const to = Math.min(ceiled(wholeNumber(exchange, "to", MOMENT) ?? now), ceiled(now));
  const from = floored(wholeNumber(exchange, "from", MOMENT) ?? to - DEFAULT_RANGE_MS);
  if (to - from > RANGE_LIMIT_MS) refuse("from", `more than ${RANGE_LIMIT_MS} ms before the end`);
  if ((to - from) / step > POINTS_LIMIT) {
    refuse("step", `the answer would have more than ${POINTS_LIMIT} points`);
  }
  return { from, to, step };
}

function floored(at: number): number {
  return at - (at % SLOT_MS);
}

function ceiled(at: number): number {
  return floored(at + SLOT_MS - 1);
}

function refuse(field: string, fault: string): never {
  throw new OvationError("field_invalid", `${field}: ${fault}`, { field });
}

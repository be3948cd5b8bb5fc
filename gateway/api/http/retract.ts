/** `DELETE /v1/videos/{video}/events/{id}`: takes a durable event back, for everybody and for good. */
import { OvationError } from "../../../shared/protocol/errors.ts";
import { EVENT_ID_PATTERN } from "../../../shared/protocol/names.ts";
import { monotonicNow } from "../../../shared/runtime/lifecycle.ts";
import { endingWith, type Step } from "../../../shared/runtime/tracing/tracer.ts";
import type { Grant } from "../../auth/grant.ts";
import type { HttpExchange } from "../../transport/http-exchange.ts";
import { beginHttpRequest } from "../request-span.ts";
import { clientOf, type GatewayServices } from "../services.ts";
import { type HttpHandler, respondWith } from "./router.ts";
import { ROUTE_PATHS } from "./routes.ts";

export function retractOverHttp(services: GatewayServices): HttpHandler {
  const retract = async (
    exchange: HttpExchange,
    grant: Grant,
    video: string,
    eventId: string,
    step: Step | undefined,
  ) => {
    grant.requireVideo(video);
    grant.requireScope("moderate");
    if (!EVENT_ID_PATTERN.test(eventId)) {
      throw new OvationError("event_id_invalid", undefined, { field: "id" });
    }
    await exchange.afterRead();
    services.rates.takeHttpPublishes(clientOf(services, exchange), 1);
    const { seq } = await services.publisher.retract(video, eventId, step?.trace);
    respondWith(exchange, 200, { retracted: eventId, seq });
  };
  return async (exchange, video, eventId) => {
    const at = monotonicNow();
    const grant = await services.auth.ofRequest(exchange);
    const request = { exchange, grant, video, at, route: ROUTE_PATHS.event };
    const step = beginHttpRequest(services.tracer, "ovation.retract", request);
    await endingWith(step, retract(exchange, grant, video, eventId, step));
  };
}

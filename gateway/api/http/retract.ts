import { monotonicNow } from "../../../shared/runtime/lifecycle.ts";
import { withSpan } from "../../../shared/runtime/tracing/tracer.ts";
import { retractEvent } from "../operations/retract.ts";
import { startHttpSpan } from "../request-span.ts";
import { clientFor, type GatewayServices } from "../services.ts";
import { type HttpHandler, respondWith } from "./router.ts";
import { ROUTE_PATHS } from "./routes.ts";

export function retractOverHttp(services: GatewayServices): HttpHandler {
  const { auth, tracer } = services;
  return async (exchange, { video, id: eventId }, attempt) => {
    const at = monotonicNow();
    const grant = await auth.ofRequest(exchange);
    attempt.chargeTo(grant);
    const request = { exchange, grant, video, at, route: ROUTE_PATHS.event };
    const span = startHttpSpan(tracer, "ovation.retract", request);
    const retract = async () => {
      await exchange.afterRead();
      const client = clientFor(services, grant, exchange);
      const { seq } = await retractEvent(services, grant, client, video, eventId, span?.trace);
      respondWith(exchange, 200, { retracted: eventId, seq });
    };
    await withSpan(span, retract());
  };
}

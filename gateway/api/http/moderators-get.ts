/** What only moderators may read. */
import { monotonicNow } from "../../../shared/runtime/lifecycle.ts";
import { withSpan } from "../../../shared/runtime/tracing/tracer.ts";
import type { HttpExchange } from "../../transport/http-exchange.ts";
import { startHttpSpan } from "../request-span.ts";
import { clientFor, type GatewayServices } from "../services.ts";
import { requireModerator } from "./command.ts";
import { type HttpHandler, respondWith } from "./router.ts";
import { type PathNames, ROUTE_PATHS, type RouteName } from "./routes.ts";

/** @param read what the answer's body is */
export function moderatorsGet(
  services: GatewayServices,
  route: RouteName,
  read: (exchange: HttpExchange, path: PathNames) => Promise<object>,
): HttpHandler {
  return async (exchange, path, attempt) => {
    const at = monotonicNow();
    const grant = await services.auth.ofRequest(exchange);
    attempt.chargeTo(grant);
    const request = { exchange, grant, video: path.video, at, route: ROUTE_PATHS[route] };
    const span = startHttpSpan(services.tracer, "ovation.moderation", request);
    const answer = async () => {
      requireModerator(grant, path);
      services.rates.takeHistoryRead(clientFor(services, grant, exchange));
      respondWith(exchange, 200, await read(exchange, path));
    };
    await withSpan(span, answer());
  };
}

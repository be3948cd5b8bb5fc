/** `POST /v1/tickets`: issues a ticket, for opening one event stream without a header. */
import { clientOf, type GatewayServices } from "../services.ts";
import { type HttpHandler, respondWith } from "./router.ts";

export function ticketsOverHttp(
  services: Pick<GatewayServices, "auth" | "admission">,
): HttpHandler {
  return async (exchange) => {
    const address = clientOf(services, exchange);
    respondWith(exchange, 200, await services.auth.ticketFor(exchange, address));
  };
}

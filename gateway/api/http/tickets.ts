/** `POST /v1/tickets`: issues a ticket, for opening one event stream without a header. */
import type { GatewayServices } from "../services.ts";
import { type HttpHandler, respondWith } from "./router.ts";

export function ticketsOverHttp({ auth }: Pick<GatewayServices, "auth">): HttpHandler {
  return async (exchange) => {
    respondWith(exchange, 200, await auth.ticketFor(exchange));
  };
}

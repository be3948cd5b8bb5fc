/** `POST /v1/tickets`: a ticket, to open one event stream with where no header can be sent. */
import type { GatewayServices } from "../services.ts";
import { type HttpHandler, respondWith } from "./router.ts";

export function ticketsOverHttp({ auth }: Pick<GatewayServices, "auth">): HttpHandler {
  return async (exchange) => {
    respondWith(exchange, 200, await auth.ticketFor(exchange));
  };
}

/** `POST /v1/tickets`: issues a ticket, for opening one event stream without a header. */
import { NO_VIDEO } from "../../../shared/protocol/subjects.ts";
import { clientOf, type GatewayServices } from "../services.ts";
import { type HttpHandler, respondWith } from "./router.ts";

export function ticketsOverHttp({
  auth,
  bans,
  admission,
}: Pick<GatewayServices, "auth" | "bans" | "admission">): HttpHandler {
  return async (exchange) => {
    const address = clientOf({ admission }, exchange);
    const grant = await auth.ofRequest(exchange);
    bans.requireWatching(grant.actor, NO_VIDEO);
    respondWith(exchange, 200, await auth.ticketFor(grant, address));
  };
}

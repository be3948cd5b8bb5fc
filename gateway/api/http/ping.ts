/**
 * `GET /v1/ping`: proof for a viewer that has no WebSocket that it can be served here; a token is
 * looked at if there is one. The answer says what may be published, and how long the token lives.
 */
import { PROTOCOL } from "../../../shared/protocol/wire/messages.ts";
import { NO_GRANT } from "../../auth/grant.ts";
import type { GatewayServices } from "../services.ts";
import { type HttpHandler, respondWith } from "./router.ts";

export function pingOverHttp({
  auth,
  natsOutage,
  told,
}: Pick<GatewayServices, "auth" | "natsOutage" | "told">): HttpHandler {
  return async (exchange) => {
    natsOutage.admit();
    const hasToken = exchange.header("authorization") !== "";
    const grant = hasToken ? await auth.ofRequest(exchange) : NO_GRANT;
    const body = { protocol: PROTOCOL, ...told, ...grant.lifeLeft(Date.now()) };
    respondWith(exchange, 200, body);
  };
}

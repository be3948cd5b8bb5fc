/**
 * `GET /v1/ping`: proof for a viewer that has no WebSocket that it can be served here; a token is
 * looked at if there is one. The answer says what may be published.
 */
import { PROTOCOL } from "../../../shared/protocol/wire/messages.ts";
import type { GatewayServices } from "../services.ts";
import { type HttpHandler, respondWith } from "./router.ts";

export function pingOverHttp({
  auth,
  cutOff,
  told,
}: Pick<GatewayServices, "auth" | "cutOff" | "told">): HttpHandler {
  return async (exchange) => {
    cutOff.admit();
    if (exchange.header("authorization") !== "") await auth.ofRequest(exchange);
    const body = { protocol: PROTOCOL, ...told };
    respondWith(exchange, 200, body, { "Cache-Control": "no-store" });
  };
}

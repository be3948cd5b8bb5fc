/**
 * `GET /v1/ping`: proof for a viewer that has no WebSocket that it can be served here; a token is
 * looked at if there is one.
 */
import { PROTOCOL } from "../../../shared/protocol/wire/messages.ts";
import type { GatewayServices } from "../services.ts";
import { type HttpHandler, respondWith } from "./router.ts";

export function pingOverHttp({
  auth,
  cutOff,
}: Pick<GatewayServices, "auth" | "cutOff">): HttpHandler {
  return async (exchange) => {
    cutOff.admit();
    if (exchange.header("authorization") !== "") await auth.ofRequest(exchange);
    respondWith(exchange, 200, { protocol: PROTOCOL }, { "Cache-Control": "no-store" });
  };
}

/**
 * `GET /v1/ping`: proof to a viewer without a WebSocket that this gateway can serve it; a token is
 * checked if there is one. The answer says what may be published and how long the token is valid.
 */
import { PROTOCOL } from "../../../shared/protocol/wire/ping.ts";
import { NO_GRANT } from "../../auth/grant.ts";
import type { GatewayServices } from "../services.ts";
import { type HttpHandler, respondWith } from "./router.ts";

export function pingOverHttp({
  auth,
  natsOutage,
  deploymentRules,
}: Pick<GatewayServices, "auth" | "natsOutage" | "deploymentRules">): HttpHandler {
  return async (exchange, _path, attempt) => {
    natsOutage.admit();
    const hasToken = exchange.header("authorization") !== "";
    const grant = hasToken ? await auth.ofRequest(exchange) : NO_GRANT;
    if (hasToken) attempt.chargeTo(grant);
    const body = { protocol: PROTOCOL, ...deploymentRules(), ...grant.lifeLeft(Date.now()) };
    respondWith(exchange, 200, body);
  };
}

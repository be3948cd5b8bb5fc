/** `GET /v1/videos/{video}/history?before=&limit=`: pages backwards through what is kept. */
import { decodeTrustedMsgpack } from "../../shared/wire/codec.ts";
import { HISTORY_LIMIT } from "../../shared/wire/messages.ts";
import { clientOf, type GatewayServices } from "../services.ts";
import { wholeNumber } from "./query.ts";
import { type HttpHandler, respondWith } from "./router.ts";

const DEFAULT_LIMIT = 50;

export function historyOverHttp(services: GatewayServices): HttpHandler {
  const { auth, histories, interest, rates } = services;
  return async (exchange, video) => {
    const grant = await auth.ofRequest(exchange);
    grant.requireVideo(video);
    const before = wholeNumber(exchange, "before", { min: 1, max: Number.MAX_SAFE_INTEGER });
    const limit = wholeNumber(exchange, "limit", { min: 1, max: HISTORY_LIMIT });
    rates.takeHistoryRead(grant.actor ?? clientOf(services, exchange));
    const { epoch, events, more } = await histories.page(
      video,
      interest.historyOf(video),
      before,
      limit ?? DEFAULT_LIMIT,
    );
    respondWith(exchange, 200, { epoch, events: events.map(decodeTrustedMsgpack), more });
  };
}

/** `GET /v1/videos/{video}/history?before=&limit=`: pages backwards through what is kept. */
import { decodeTrustedMsgpack } from "../../shared/wire/codec.ts";
import { HISTORY_LIMIT } from "../../shared/wire/messages.ts";
import type { GatewayServices } from "../services.ts";
import { wholeNumber } from "./query.ts";
import { type HttpHandler, respondWith } from "./router.ts";

const DEFAULT_LIMIT = 50;

export function historyOverHttp(services: GatewayServices): HttpHandler {
  const { auth, histories, interest } = services;
  return async (exchange, video) => {
    (await auth.ofRequest(exchange)).requireVideo(video);
    const before = wholeNumber(exchange, "before", { min: 1, max: Number.MAX_SAFE_INTEGER });
    const limit = wholeNumber(exchange, "limit", { min: 1, max: HISTORY_LIMIT });
    const { epoch, events, more } = await histories.page(
      video,
      interest.historyOf(video),
      before,
      limit ?? DEFAULT_LIMIT,
    );
    respondWith(exchange, 200, { epoch, events: events.map(decodeTrustedMsgpack), more });
  };
}

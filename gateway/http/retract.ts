/** `DELETE /v1/videos/{video}/events/{id}`: takes a durable event back, for everybody and for good. */
import { OvationError } from "../../shared/errors.ts";
import { EVENT_ID_PATTERN } from "../../shared/names.ts";
import { clientOf, type GatewayServices } from "../services.ts";
import { type HttpHandler, respondWith } from "./router.ts";

export function retractOverHttp(services: GatewayServices): HttpHandler {
  return async (exchange, video, eventId) => {
    const grant = await services.auth.ofRequest(exchange);
    grant.requireVideo(video);
    grant.requireScope("moderate");
    if (!EVENT_ID_PATTERN.test(eventId)) {
      throw new OvationError("event_id_invalid", undefined, { field: "id" });
    }
    services.rates.takeHttpPublishes(clientOf(services, exchange), 1);
    const { seq } = await services.publisher.retract(video, eventId);
    respondWith(exchange, 200, { retracted: eventId, seq });
  };
}

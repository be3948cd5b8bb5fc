/** `DELETE /v1/videos/{video}/events?actor=…`: deletes all durable events of an actor on a video. */
import type { GatewayServices } from "../services.ts";
import type { BodyLimits } from "./body.ts";
import { commandOverHttp } from "./command.ts";
import { parameter } from "./query.ts";
import type { HttpHandler } from "./router.ts";

export function retractActorOverHttp(services: GatewayServices, limits: BodyLimits): HttpHandler {
  return commandOverHttp(services, limits, {
    op: "actor.retract",
    route: "events",
    hasBody: false,
    inputOf: (_body, _path, exchange) => ({ actor: parameter(exchange, "actor") }),
    answerOf: ({ events }, { video }) => ({ video, events }),
  });
}

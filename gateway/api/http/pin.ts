/** `PUT` and `DELETE /v1/videos/{video}/pin`: pins a durable event, and unpins it. */
import type { GatewayServices } from "../services.ts";
import type { BodyLimits } from "./body.ts";
import { commandOverHttp } from "./command.ts";
import type { HttpHandler } from "./router.ts";

export function pinOverHttp(services: GatewayServices, limits: BodyLimits): HttpHandler {
  return commandOverHttp(services, limits, {
    op: "pin.put",
    route: "pin",
    hasBody: true,
    inputOf: (body) => body,
    answerOf: ({ pinned }, { video }) => ({ video, pinned }),
  });
}

export function unpinOverHttp(services: GatewayServices, limits: BodyLimits): HttpHandler {
  return commandOverHttp(services, limits, {
    op: "pin.delete",
    route: "pin",
    hasBody: false,
    inputOf: () => ({}),
    answerOf: (_result, { video }) => ({ video }),
  });
}

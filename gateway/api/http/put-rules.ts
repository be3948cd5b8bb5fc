/** `PUT /v1/videos/{video}/rules`: replaces the rules of the video's room. */
import type { GatewayServices } from "../services.ts";
import type { BodyLimits } from "./body.ts";
import { commandOverHttp } from "./command.ts";
import type { HttpHandler } from "./router.ts";

export function putRulesOverHttp(services: GatewayServices, limits: BodyLimits): HttpHandler {
  return commandOverHttp(services, limits, {
    op: "rules.put",
    route: "rules",
    hasBody: true,
    inputOf: (body) => body,
    answerOf: ({ rules }, { video }) => ({ video, rules }),
  });
}

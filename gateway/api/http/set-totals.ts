/** `PUT /v1/videos/{video}/totals`: sets totals, for those who come from another system. */
import type { GatewayServices } from "../services.ts";
import type { BodyLimits } from "./body.ts";
import { commandOverHttp } from "./command.ts";
import type { HttpHandler } from "./router.ts";

export function setTotalsOverHttp(services: GatewayServices, limits: BodyLimits): HttpHandler {
  return commandOverHttp(services, limits, {
    op: "totals.set",
    route: "totals",
    hasBody: true,
    inputOf: (body) => body,
    answerOf: ({ totals }, { video }) => ({ video, totals }),
  });
}

/** `PUT /v1/videos/{video}/end`: nothing is published on it any more; it stays readable. */
import type { GatewayServices } from "../services.ts";
import type { BodyLimits } from "./body.ts";
import { commandOverHttp } from "./command.ts";
import type { HttpHandler } from "./router.ts";

export function endVideoOverHttp(services: GatewayServices, limits: BodyLimits): HttpHandler {
  return commandOverHttp(services, limits, {
    op: "video.end",
    route: "end",
    hasBody: false,
    inputOf: () => ({}),
    answerOf: ({ ended }, { video }) => ({ video, ended }),
  });
}

/** `DELETE /v1/videos/{video}`: erases all that is kept of a video. */
import type { GatewayServices } from "../services.ts";
import type { BodyLimits } from "./body.ts";
import { commandOverHttp } from "./command.ts";
import type { HttpHandler } from "./router.ts";

export function eraseVideoOverHttp(services: GatewayServices, limits: BodyLimits): HttpHandler {
  return commandOverHttp(services, limits, {
    op: "video.erase",
    route: "video",
    hasBody: false,
    inputOf: () => ({}),
    answerOf: ({ events }, { video }) => ({ video, events }),
  });
}

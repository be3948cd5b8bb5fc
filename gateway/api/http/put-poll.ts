/** `PUT /v1/videos/{video}/polls/{poll}`: creates a poll, changes it, or ends it. */
import type { GatewayServices } from "../services.ts";
import type { BodyLimits } from "./body.ts";
import { commandOverHttp, isFields } from "./command.ts";
import type { HttpHandler } from "./router.ts";

export function putPollOverHttp(services: GatewayServices, limits: BodyLimits): HttpHandler {
  return commandOverHttp(services, limits, {
    op: "poll.put",
    route: "poll",
    hasBody: true,
    inputOf: (body, { poll }) => (isFields(body) ? { ...body, poll } : body),
    answerOf: ({ poll: shown }, { video, poll }) => ({ video, poll, ...shown }),
  });
}

/** `GET …/moderation?before=&limit=`: what moderators did, newest first. */
import { NO_VIDEO } from "../../../shared/protocol/subjects.ts";
import type { GatewayServices } from "../services.ts";
import { moderatorsGet } from "./moderators-get.ts";
import { pageIn } from "./query.ts";
import type { HttpHandler } from "./router.ts";

export function moderationOverHttp(
  services: GatewayServices,
  route: "moderation" | "moderationEverywhere",
): HttpHandler {
  return moderatorsGet(services, route, async (exchange, { video }) => {
    const { before, limit } = pageIn(exchange);
    const acts = await services.moderation.page(video || NO_VIDEO, before, limit);
    return { ...(video === "" ? {} : { video }), acts };
  });
}

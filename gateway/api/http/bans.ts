/**
 * `PUT`, `GET` and `DELETE` of an actor's ban on a video or everywhere, and the pages of all of a
 * scope: `…/bans?before=&limit=`, those set last first.
 */
import { NO_VIDEO } from "../../../shared/protocol/subjects.ts";
import type { GatewayServices } from "../services.ts";
import type { BodyLimits } from "./body.ts";
import { commandOverHttp, isFields } from "./command.ts";
import { moderatorsGet } from "./moderators-get.ts";
import { pageIn } from "./query.ts";
import type { HttpHandler } from "./router.ts";
import { actorIn, type PathNames } from "./routes.ts";

type Handlers = Readonly<Record<"PUT" | "DELETE" | "GET", HttpHandler>>;

/** What every answer says of where it is about. */
function placeOf({ video }: PathNames): { readonly video?: string } {
  return video === "" ? {} : { video };
}

/** @param route the ban of an actor, on a video or everywhere */
export function banOverHttp(
  services: GatewayServices,
  limits: BodyLimits,
  route: "ban" | "banEverywhere",
): Handlers {
  return {
    PUT: commandOverHttp(services, limits, {
      op: "ban.put",
      route,
      hasBody: true,
      inputOf: (body, path) => (isFields(body) ? { ...body, actor: actorIn(path) } : body),
      answerOf: ({ ban }, path) => ({ ...placeOf(path), ...ban }),
    }),
    DELETE: commandOverHttp(services, limits, {
      op: "ban.delete",
      route,
      hasBody: false,
      inputOf: (_body, path) => ({ actor: actorIn(path) }),
      answerOf: ({ ban }, path) => ({ ...placeOf(path), ...ban }),
    }),
    GET: moderatorsGet(services, route, async (_exchange, path) => {
      const ban = await services.banReader.get(path.video || NO_VIDEO, actorIn(path));
      return { ...placeOf(path), ...ban };
    }),
  };
}

export function bansOverHttp(
  services: GatewayServices,
  route: "bans" | "bansEverywhere",
): HttpHandler {
  return moderatorsGet(services, route, async (exchange, path) => {
    const { before, limit } = pageIn(exchange);
    const bans = await services.banReader.page(path.video || NO_VIDEO, before, limit);
    return { ...placeOf(path), bans };
  });
}

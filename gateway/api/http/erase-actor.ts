/**
 * `DELETE /v1/actors/{actor}/events`: erases what an actor published on all videos. That may take
 * long: after a while the answer says where a repeat goes on.
 */
import { parseCommandInput } from "../../../shared/protocol/commands.ts";
import { NO_VIDEO } from "../../../shared/protocol/subjects.ts";
import { monotonicNow } from "../../../shared/runtime/lifecycle.ts";
import { clientFor, type GatewayServices } from "../services.ts";
import { parameter } from "./query.ts";
import { type HttpHandler, respondWith } from "./router.ts";
import { actorIn } from "./routes.ts";

/** Proxies give up on answers that take much longer. */
const ANSWER_WITHIN_MS = 15_000;

export function eraseActorOverHttp(services: GatewayServices): HttpHandler {
  return async (exchange, path, attempt) => {
    const grant = await services.auth.ofRequest(exchange);
    attempt.chargeTo(grant);
    grant.requireModeratorOfAll();
    const given = { actor: actorIn(path), after: parameter(exchange, "after") };
    let { actor, after } = parseCommandInput("actor.erase", given);
    await exchange.afterRead();
    services.rates.takeCommand(clientFor(services, grant, exchange));
    const until = monotonicNow() + ANSWER_WITHIN_MS;
    let [events, values] = [0, 0];
    do {
      const input = after === undefined ? { actor } : { actor, after };
      const erased = await services.publisher.commands.send("actor.erase", NO_VIDEO, input, {
        by: grant.name,
      });
      events += erased.events;
      values += erased.values;
      after = erased.next;
    } while (after !== undefined && monotonicNow() < until && exchange.isOpen);
    if (after === undefined) respondWith(exchange, 200, { actor, events, values });
    else respondWith(exchange, 202, { actor, events, values, next: after });
  };
}

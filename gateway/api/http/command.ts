/** Commands over HTTP: `PUT` with a body, or `DELETE`; carried out by a dispatcher. */
import {
  type CommandOp,
  type CommandResult,
  parseCommandInput,
} from "../../../shared/protocol/commands.ts";
import { NO_VIDEO } from "../../../shared/protocol/subjects.ts";
import { monotonicNow } from "../../../shared/runtime/lifecycle.ts";
import { withSpan } from "../../../shared/runtime/tracing/tracer.ts";
import type { Grant } from "../../auth/grant.ts";
import type { Attempt } from "../../limits/work.ts";
import type { HttpExchange } from "../../transport/http-exchange.ts";
import { valuesLimit } from "../read-message.ts";
import { startHttpSpan } from "../request-span.ts";
import { clientFor, type GatewayServices } from "../services.ts";
import { type BodyLimits, decodedBody, withBody } from "./body.ts";
import { type HttpHandler, respondWith } from "./router.ts";
import { type PathNames, ROUTE_PATHS, type RouteName } from "./routes.ts";

/** How a command is requested over HTTP. Who requests it needs the scope `moderate`. */
interface HttpCommand<Op extends CommandOp> {
  readonly op: Op;
  readonly route: RouteName;
  /** Whether the request has a body. */
  readonly hasBody: boolean;
  /**
   * What the command takes, not checked yet.
   * @param body decoded; undefined without one
   */
  readonly inputOf: (body: unknown, path: PathNames, exchange: HttpExchange) => unknown;
  /** The body of the answer. */
  readonly answerOf: (result: CommandResult<Op>, path: PathNames) => object;
}

export function commandOverHttp<Op extends CommandOp>(
  services: GatewayServices,
  limits: BodyLimits,
  command: HttpCommand<Op>,
): HttpHandler {
  const { op, hasBody, inputOf, answerOf } = command;
  const route = ROUTE_PATHS[command.route];
  return async (exchange, path, attempt) => {
    const at = monotonicNow();
    const work = async () => {
      const grant = await services.auth.ofRequest(exchange);
      attempt.chargeTo(grant);
      // The client may have gone while its token was verified.
      if (!exchange.isOpen) return;
      const request = { exchange, grant, video: path.video, at, route };
      const span = startHttpSpan(services.tracer, "ovation.command", request);
      const carryOut = async () => {
        requireModerator(grant, path);
        const body = await bodyOf(exchange, grant, attempt);
        const input = parseCommandInput(op, inputOf(body, path, exchange));
        services.rates.takeCommand(clientFor(services, grant, exchange));
        const video = path.video === "" ? NO_VIDEO : path.video;
        const sender = { by: grant.name, trace: span?.trace };
        const result = await services.publisher.commands.send(op, video, input, sender);
        respondWith(exchange, 200, answerOf(result, path));
      };
      await withSpan(span, carryOut());
    };
    if (hasBody) await withBody(services, exchange, attempt, work);
    else await work();
  };

  async function bodyOf(exchange: HttpExchange, grant: Grant, attempt: Attempt): Promise<unknown> {
    if (!hasBody) {
      await exchange.afterRead();
      return undefined;
    }
    const request = { exchange, grant, attempt, limits };
    const most = valuesLimit(services.rules, grant.isBackend);
    return (await decodedBody(services, { ...request, valuesLimit: most })).value;
  }
}

/** @throws OvationError forbidden */
export function requireModerator(grant: Grant, { video }: PathNames): void {
  if (video === "") grant.requireModeratorOfAll();
  else grant.requireModerator(video);
}

/** Whether a body has fields. */
export function isFields(body: unknown): body is object {
  return typeof body === "object" && body !== null && !Array.isArray(body);
}

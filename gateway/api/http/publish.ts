/** `POST /v1/videos/{video}/events`: a backend publishes one event or a list of up to 1,000. */
import { asOvationError, type OvationError } from "../../../shared/protocol/errors.ts";
import {
  type EventInput,
  mayBeNewKind,
  parsePublishRequest,
} from "../../../shared/protocol/events.ts";
import { monotonicNow } from "../../../shared/runtime/lifecycle.ts";
import { NO_TRACES } from "../../../shared/runtime/tracing/trace-context.ts";
import type { Span } from "../../../shared/runtime/tracing/tracer.ts";
import type { Grant } from "../../auth/grant.ts";
import { countRefused } from "../../limits/connection-stats.ts";
import type { Attempt } from "../../limits/work.ts";
import type { Accepted } from "../../publish/dispatcher-client.ts";
import type { HttpExchange } from "../../transport/http-exchange.ts";
import { publishList } from "../operations/publish.ts";
import { valuesLimit } from "../read-message.ts";
import { startHttpSpan } from "../request-span.ts";
import { clientOf, type GatewayServices, recordRejection } from "../services.ts";
import { type BodyLimits, decodedBody, withBody } from "./body.ts";
import { type HttpHandler, respondWith, respondWithError } from "./router.ts";
import { ROUTE_PATHS } from "./routes.ts";

/**
 * Ids in the order of the request; seqs only if one of the events is durable. Of votes that were
 * refused, null, and why.
 */
function acceptedBody(
  accepted: readonly Accepted[],
  refused: ReadonlyMap<number, OvationError> | undefined,
): object {
  if (refused !== undefined && refused.size > 0) {
    const hasSeqs = accepted.some(({ seq }) => seq !== undefined);
    return {
      accepted: accepted.map(({ id }, index) => (refused.has(index) ? null : id)),
      ...(hasSeqs ? { seqs: accepted.map(({ seq }) => seq ?? null) } : {}),
      refused: [...refused].map(([index, error]) => ({ index, ...error.body() })),
    };
  }
  const ids = accepted.map(({ id }) => id);
  if (accepted.every(({ seq }) => seq === undefined)) return { accepted: ids };
  return { accepted: ids, seqs: accepted.map(({ seq }) => seq ?? null) };
}

interface PublishRequest {
  readonly exchange: HttpExchange;
  readonly video: string;
  readonly grant: Grant;
  readonly attempt: Attempt;
  readonly limits: BodyLimits;
  readonly span: Span | undefined;
}

export function publishOverHttp(services: GatewayServices, limits: BodyLimits): HttpHandler {
  return async (exchange, { video }, attempt) => {
    const at = monotonicNow();
    await withBody(services, exchange, attempt, () => publishBody(exchange, video, attempt, at));
  };

  async function publishBody(
    exchange: HttpExchange,
    video: string,
    attempt: Attempt,
    at: number,
  ): Promise<void> {
    const grant = await services.auth.ofRequest(exchange);
    attempt.chargeTo(grant);
    // The client may have gone while its token was verified.
    if (!exchange.isOpen) return;
    const request = { exchange, grant, video, at, route: ROUTE_PATHS.events };
    const span = startHttpSpan(services.tracer, "ovation.publish", request);
    try {
      const fault = await publish(services, { exchange, video, grant, attempt, limits, span });
      span?.end(fault);
    } catch (fault) {
      span?.end(fault);
      throw fault;
    }
  }
}

/** @returns why not all events were accepted; the client has got this as its answer */
async function publish(
  services: GatewayServices,
  { exchange, video, grant, attempt, limits, span }: PublishRequest,
): Promise<unknown> {
  grant.requireVideo(video);
  grant.requirePublishing(video);
  const address = clientOf(services, exchange);
  const body = { exchange, grant, attempt, limits };
  const most = valuesLimit(services.rules, grant.isBackend);
  const { value, bytes } = await decodedBody(services, { ...body, valuesLimit: most });
  const given = await parsedPublish(services, value, bytes);
  span?.note({ "messaging.batch.message_count": given.length, "ovation.kind": kindsOf(given) });
  const publisher = {
    grant,
    limitedAs: grant.limitedAt(address),
    quota: services.rates.ofClient(grant.clientAt(address)),
  };
  const traces = span?.trace === undefined ? NO_TRACES : [span.trace];
  const isList = Array.isArray(value);
  const published = await publishList(services, publisher, video, given, isList, traces);
  const { inputs, accepted, refused, error: fault } = published;
  for (const { code } of refused?.values() ?? []) countRefused(services.connections, "http", code);
  if (fault === undefined) {
    respondWith(exchange, 200, acceptedBody(accepted, refused));
    return undefined;
  }
  const error = asOvationError(fault);
  recordRejection(services, "http", error, fault, exchange);
  // Events accepted before the failure stay accepted; a repeat with the same ids is harmless.
  const ids = inputs.map(({ id }) => id ?? null);
  const repeat = error.kind.retry === "same-id" ? { eventIds: ids } : {};
  respondWithError(exchange, error, { ...acceptedBody(accepted, refused), ...repeat });
  return error;
}

/** @throws OvationError as {@link parsePublishRequest}, of kinds only once they were read again */
async function parsedPublish(
  { rules }: GatewayServices,
  value: unknown,
  bytes: number,
): Promise<EventInput[]> {
  try {
    return parsePublishRequest(value, rules, bytes);
  } catch (fault) {
    if (!mayBeNewKind(fault)) throw fault;
    await rules.learnKinds();
    return parsePublishRequest(value, rules, bytes);
  }
}

function kindsOf(inputs: readonly EventInput[]): string {
  return [...new Set(inputs.map(({ kind }) => kind))].join(",");
}

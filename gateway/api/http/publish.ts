/** `POST /v1/videos/{video}/events`: a backend publishes one event or a list of up to 1,000. */
import { decodeUntrusted } from "../../../shared/protocol/decode-untrusted.ts";
import { asOvationError, OvationError } from "../../../shared/protocol/errors.ts";
import { type EventInput, parsePublishRequest } from "../../../shared/protocol/events.ts";
import type { Encoding } from "../../../shared/protocol/wire/codec.ts";
import { monotonicNow } from "../../../shared/runtime/lifecycle.ts";
import { NO_TRACES } from "../../../shared/runtime/tracing/trace-context.ts";
import type { Span } from "../../../shared/runtime/tracing/tracer.ts";
import type { Grant } from "../../auth/grant.ts";
import type { Attempt } from "../../limits/work.ts";
import type { Accepted } from "../../publish/dispatcher-client.ts";
import type { HttpExchange } from "../../transport/http-exchange.ts";
import { publishList } from "../operations/publish.ts";
import { valuesLimit } from "../read-message.ts";
import { startHttpSpan } from "../request-span.ts";
import { clientOf, type GatewayServices } from "../services.ts";
import {
  type HttpHandler,
  JSON_TYPE,
  MSGPACK_TYPE,
  respondWith,
  respondWithError,
  speaksMsgpack,
} from "./router.ts";
import { ROUTE_PATHS } from "./routes.ts";

/** Larger bodies are decoded in a turn of their own. */
const LARGE_BYTES = 4_096;

function encodingOf(exchange: HttpExchange): Encoding {
  if (!["", "identity"].includes(exchange.header("content-encoding").trim().toLowerCase())) {
    throw new OvationError("content_encoding_unsupported", undefined, {
      field: "Content-Encoding",
    });
  }
  if (speaksMsgpack(exchange)) return "msgpack";
  const type = exchange.header("content-type").split(";")[0]?.trim().toLowerCase();
  if (type === JSON_TYPE) return "json";
  throw new OvationError(
    "content_type_unsupported",
    `Content-Type must be ${JSON_TYPE} or ${MSGPACK_TYPE}`,
    { field: "Content-Type" },
  );
}

/** Ids in the order of the request; seqs only if one of the events is durable. */
function acceptedBody(accepted: readonly Accepted[]): object {
  const ids = accepted.map(({ id }) => id);
  if (accepted.every(({ seq }) => seq === undefined)) return { accepted: ids };
  return { accepted: ids, seqs: accepted.map(({ seq }) => seq ?? null) };
}

export interface BodyLimits {
  readonly bodyLimitBytes: number;
  readonly viewerBodyLimitBytes: number;
  readonly bodyTimeoutMs: number;
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
  return async (exchange, video, _eventId, attempt) => {
    const at = monotonicNow();
    const room = services.bodies.open(clientOf(services, exchange));
    exchange.onClose(() => room.end());
    exchange.receiveBody({
      take: (bytes) => {
        attempt.arrived(bytes);
        return room.take(bytes);
      },
      end: () => room.end(),
    });
    try {
      await publishBody(exchange, video, attempt, at);
    } finally {
      room.end();
    }
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
  grant.requirePublishing();
  const encoding = encodingOf(exchange);
  const address = clientOf(services, exchange);
  const limitBytes = bodyLimitOf(grant, limits);
  attempt.body(Math.min(exchange.declaredBytes, limitBytes));
  const body = await exchange.readBody({ limitBytes, withinMs: limits.bodyTimeoutMs });
  if (body.length > LARGE_BYTES) await services.rates.work.turns.next();
  const value = decodeUntrusted(encoding, body, "body_malformed", "the body", {
    limit: valuesLimit(services.rules, grant.isBackend),
    admit: (values) => attempt.values(values),
  });
  const given = parsePublishRequest(value, services.rules, body.length);
  span?.note({ "messaging.batch.message_count": given.length, "ovation.kind": kindsOf(given) });
  const publisher = {
    grant,
    limitedAs: grant.limitedAt(address),
    quota: services.rates.ofClient(grant.clientAt(address)),
  };
  const traces = span?.trace === undefined ? NO_TRACES : [span.trace];
  const isList = Array.isArray(value);
  const published = await publishList(services, publisher, video, given, isList, traces);
  const { inputs, accepted, error: fault } = published;
  if (fault === undefined) {
    respondWith(exchange, 200, acceptedBody(accepted));
    return undefined;
  }
  const error = asOvationError(fault);
  // Events accepted before the failure stay accepted; a repeat with the same ids is harmless.
  const ids = inputs.map(({ id }) => id ?? null);
  const repeat = error.kind.retry === "same-id" ? { eventIds: ids } : {};
  respondWithError(exchange, error, { ...acceptedBody(accepted), ...repeat });
  return error;
}

function bodyLimitOf(grant: Grant, { bodyLimitBytes, viewerBodyLimitBytes }: BodyLimits): number {
  return grant.isBackend ? bodyLimitBytes : Math.min(bodyLimitBytes, viewerBodyLimitBytes);
}

function kindsOf(inputs: readonly EventInput[]): string {
  return [...new Set(inputs.map(({ kind }) => kind))].join(",");
}

/** A publisher's request as a span: of the publisher's trace, or of one that begins here. */
import { asOvationError } from "../../shared/protocol/errors.ts";
import {
  parseTraceContext,
  TRACEPARENT,
  TRACESTATE,
  type TraceContext,
} from "../../shared/runtime/tracing/trace-context.ts";
import {
  type Attributes,
  type Span,
  type SpanName,
  startSpan,
  type Tracer,
} from "../../shared/runtime/tracing/tracer.ts";
import type { Grant } from "../auth/grant.ts";
import type { HttpExchange } from "../transport/http-exchange.ts";

interface HttpRequest {
  readonly exchange: HttpExchange;
  readonly grant: Grant;
  readonly video: string;
  /** When it was received, by the monotonic clock. */
  readonly at: number;
  /** The path as a template, the same for all videos. */
  readonly route: string;
}

/**
 * The span of a request over HTTP. A viewer's `traceparent` is ignored: a client that sets the
 * sampled flag makes every part record spans.
 * @returns undefined where there is no trace
 */
export function startHttpSpan(
  tracer: Tracer | undefined,
  name: SpanName,
  { exchange, grant, video, at, route }: HttpRequest,
): Span | undefined {
  const given = grant.bringsTraces ? exchange.header(TRACEPARENT) : "";
  const trace = given === "" ? undefined : parseTraceContext(given, exchange.header(TRACESTATE));
  if (trace === undefined && tracer?.startsTraces !== true) return undefined;
  const span = startSpan(tracer, name, trace === undefined ? [] : [trace], () => ({
    kind: "server",
    at,
    attributes: {
      "http.request.method": exchange.method,
      "http.route": route,
      "ovation.video": video,
    },
  }));
  return new HttpSpan(span, exchange);
}

/** It ends with the status of the answer, which a fault gets only afterwards. */
class HttpSpan implements Span {
  readonly #span: Span;
  readonly #exchange: Pick<HttpExchange, "status">;

  constructor(span: Span, exchange: Pick<HttpExchange, "status">) {
    this.#span = span;
    this.#exchange = exchange;
  }

  get trace(): TraceContext | undefined {
    return this.#span.trace;
  }

  note(attributes: Attributes): void {
    this.#span.note(attributes);
  }

  end(fault?: unknown): void {
    const failed = fault === undefined ? 200 : asOvationError(fault).kind.status;
    this.#span.note({ "http.response.status_code": this.#exchange.status ?? failed });
    this.#span.end(fault);
  }
}

/**
 * The span of a viewer's publish over its WebSocket.
 * @returns undefined unless a trace begins here
 */
export function startPublishSpan(
  tracer: Tracer | undefined,
  attributes: () => Attributes,
): Span | undefined {
  if (tracer?.startsTraces !== true) return undefined;
  return startSpan(tracer, "ovation.publish", [], () => ({
    kind: "server",
    attributes: { "network.protocol.name": "websocket", ...attributes() },
  }));
}

/**
 * Spans by OpenTelemetry's SDK, sent over OTLP/HTTP in protobuf. Loaded only when an endpoint is
 * set. Only this file and span-queue.ts use OpenTelemetry; nothing is registered globally, so that
 * several roles in one process stay separate.
 */
import {
  type Span as ApiSpan,
  type Tracer as ApiTracer,
  type Context,
  createTraceState,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import {
  detectResources,
  envDetector,
  type Resource,
  resourceFromAttributes,
} from "@opentelemetry/resources";
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import { OvationError } from "../../protocol/errors.ts";
import { monotonicNow } from "../lifecycle.ts";
import { counterOf, gaugeOf } from "../metrics.ts";
import { VERSION } from "../version.ts";
import { BoundedBatches, CountedExporter, SpanAccount, WAITING_LIMIT } from "./span-queue.ts";
import { TRACES_LIMIT, type TraceContext } from "./trace-context.ts";
import type { Attributes, RecordedSpan, SpanName, SpanStart } from "./tracer.ts";
import type { Tracing, TracingOptions } from "./tracing.ts";

/** How long a span waits for others to share one request. */
const GATHER_MS = 1_000;
/** The longest that a stop waits for the collector. */
const FLUSH_MS = 2_000;
const ATTRIBUTE_LIMIT = 256;

const KINDS = {
  server: SpanKind.SERVER,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
} as const;

function samplerOf({ traceSampler, traceRatio }: TracingOptions["config"]): Sampler {
  const roots = {
    always_on: () => new AlwaysOnSampler(),
    always_off: () => new AlwaysOffSampler(),
    traceidratio: () => new TraceIdRatioBasedSampler(traceRatio),
  };
  switch (traceSampler) {
    case "always_on":
    case "always_off":
    case "traceidratio":
      return roots[traceSampler]();
    case "parentbased_always_on":
      return new ParentBasedSampler({ root: roots.always_on() });
    case "parentbased_always_off":
      return new ParentBasedSampler({ root: roots.always_off() });
    case "parentbased_traceidratio":
      return new ParentBasedSampler({ root: roots.traceidratio() });
  }
}

/** `OTEL_RESOURCE_ATTRIBUTES` overrides our own attributes, and the setting overrides both. */
function resourceOf({ role, node, config }: TracingOptions): Resource {
  const name = config.traceServiceName;
  return resourceFromAttributes({
    "service.name": `ovation-${role}`,
    "service.version": VERSION,
    "service.instance.id": node,
  })
    .merge(detectResources({ detectors: [envDetector] }))
    .merge(resourceFromAttributes(name === undefined ? {} : { "service.name": name }));
}

function apiContextOf({ traceId, spanId, isSampled, state }: TraceContext): SpanContext {
  const traceFlags = isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE;
  const context = { traceId, spanId, traceFlags, isRemote: true };
  return state === "" ? context : { ...context, traceState: createTraceState(state) };
}

function parentOf(context: TraceContext | undefined): Context {
  return context === undefined
    ? ROOT_CONTEXT
    : trace.setSpanContext(ROOT_CONTEXT, apiContextOf(context));
}

class OpenTelemetrySpan implements RecordedSpan {
  readonly context: TraceContext;
  readonly #span: ApiSpan;

  constructor(span: ApiSpan) {
    const { traceId, spanId, traceState } = span.spanContext();
    this.#span = span;
    this.context = { traceId, spanId, isSampled: true, state: traceState?.serialize() ?? "" };
  }

  note(attributes: Attributes): void {
    this.#span.setAttributes(attributes);
  }

  end(fault?: unknown): void {
    if (fault !== undefined) {
      const error = fault instanceof Error ? fault : new Error(String(fault));
      const type = error instanceof OvationError ? error.code : error.name;
      this.#span.setAttribute("error.type", type);
      this.#span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
    }
    this.#span.end(monotonicNow());
  }
}

export class OpenTelemetryTracing implements Tracing {
  readonly startsTraces: boolean;
  readonly #account: SpanAccount;
  readonly #provider: TracerProvider;
  readonly #tracer: ApiTracer;

  constructor(options: TracingOptions) {
    const { config, log, registry } = options;
    const { otlpEndpoint = "", otlpHeaders, traceSampler, traceRatio } = config;
    this.startsTraces =
      traceSampler.endsWith("always_on") || (traceSampler.endsWith("ratio") && traceRatio > 0);
    this.#account = new SpanAccount(log, monotonicNow);
    const exporter = new OTLPTraceExporter({
      url: `${otlpEndpoint.replace(/\/+$/, "")}/v1/traces`,
      headers: Object.fromEntries(otlpHeaders ?? []),
    });
    const batches = new BatchSpanProcessor({
      exporter: new CountedExporter(exporter, this.#account),
      maxQueueSize: WAITING_LIMIT,
      scheduledDelayMillis: GATHER_MS,
    });
    this.#provider = new TracerProvider({
      resource: resourceOf(options),
      sampler: samplerOf(config),
      spanProcessors: [new BoundedBatches(batches, this.#account)],
      spanLimits: { attributeValueLengthLimit: ATTRIBUTE_LIMIT, linkCountLimit: TRACES_LIMIT },
    });
    this.#tracer = this.#provider.getTracer("ovation", VERSION);
    const { stats } = this.#account;
    counterOf(
      registry,
      "ovation_trace_spans_total",
      "Spans by outcome: sent, failed (the collector did not accept them), dropped (the queue was full).",
      ["outcome"],
      () => [
        [{ outcome: "sent" }, stats.sent],
        [{ outcome: "failed" }, stats.failed],
        [{ outcome: "dropped" }, stats.dropped],
      ],
    );
    gaugeOf(
      registry,
      "ovation_trace_spans_waiting",
      `Spans on their way to the collector, at most ${WAITING_LIMIT}.`,
      () => stats.waiting,
    );
  }

  start(
    name: SpanName,
    parent: TraceContext | undefined,
    start: SpanStart,
  ): RecordedSpan | undefined {
    const { kind, at, links = [], attributes } = start;
    const options = {
      kind: KINDS[kind],
      startTime: at ?? monotonicNow(),
      attributes,
      links: links.map((link) => ({ context: apiContextOf(link) })),
    };
    const span = this.#tracer.startSpan(name, options, parentOf(parent));
    return span.isRecording() ? new OpenTelemetrySpan(span) : undefined;
  }

  drop(): void {
    this.#account.drop();
  }

  async stop(): Promise<void> {
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, FLUSH_MS);
    // Failures were counted and logged.
    await Promise.race([this.#provider.shutdown().catch(() => undefined), late.promise]);
    clearTimeout(timer);
  }
}

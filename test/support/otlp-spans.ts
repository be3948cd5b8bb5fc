/**
 * Decodes the spans of an OTLP request, as far as the tests read them:
 * https://github.com/open-telemetry/opentelemetry-proto (trace/v1/trace.proto).
 */
import protobuf from "protobufjs";
import { z } from "zod";

const { root } = protobuf.parse(`
  syntax = "proto3";
  message Request { repeated ResourceSpans resource_spans = 1; }
  message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
  message Resource { repeated KeyValue attributes = 1; }
  message ScopeSpans { repeated Span spans = 2; }
  message KeyValue { string key = 1; AnyValue value = 2; }
  message AnyValue {
    oneof value { string text = 1; bool truth = 2; int64 integer = 3; double number = 4; }
  }
  message Span {
    bytes trace_id = 1;
    bytes span_id = 2;
    string trace_state = 3;
    bytes parent_span_id = 4;
    string name = 5;
    int32 kind = 6;
    fixed64 start = 7;
    fixed64 end = 8;
    repeated KeyValue attributes = 9;
    repeated Link links = 13;
    Status status = 15;
  }
  message Link { bytes trace_id = 1; bytes span_id = 2; }
  message Status { int32 code = 3; }
`);
const requestType = root.lookupType("Request");
const FAILED = 2;

const hex = z.instanceof(Buffer).transform((bytes) => bytes.toString("hex"));
const nanoseconds = z.string().transform(BigInt);
const attributes = z
  .array(
    z.object({
      key: z.string(),
      value: z
        .record(z.string(), z.unknown())
        .transform(({ integer, ...other }) =>
          integer === undefined ? Object.values(other)[0] : Number(integer),
        ),
    }),
  )
  .transform((pairs) => Object.fromEntries(pairs.map(({ key, value }) => [key, value])));
const spanSchema = z.object({
  name: z.string(),
  traceId: hex,
  spanId: hex,
  /** Empty for a root span. */
  parentSpanId: hex,
  traceState: z.string(),
  /** 2 server, 4 producer, 5 consumer. */
  kind: z.number(),
  /** In nanoseconds since 1970. */
  start: nanoseconds,
  end: nanoseconds,
  attributes,
  /** Trace and span id of each link. */
  links: z.array(
    z
      .object({ traceId: hex, spanId: hex })
      .transform(({ traceId, spanId }) => `${traceId}-${spanId}`),
  ),
  status: z.object({ code: z.number() }).nullable(),
});
const requestSchema = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes }),
      scopeSpans: z.array(z.object({ spans: z.array(spanSchema) })),
    }),
  ),
});

export interface CollectedSpan extends Omit<z.infer<typeof spanSchema>, "status"> {
  readonly failed: boolean;
  readonly resource: Readonly<Record<string, unknown>>;
}

/** The spans of a request's body. */
export function spansOf(body: Buffer): CollectedSpan[] {
  const request = requestType.toObject(requestType.decode(body), { longs: String, defaults: true });
  return requestSchema.parse(request).resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans
      .flatMap(({ spans }) => spans)
      .map(({ status, ...span }) => {
        return { ...span, failed: status?.code === FAILED, resource: resource.attributes };
      }),
  );
}

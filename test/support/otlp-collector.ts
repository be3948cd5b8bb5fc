/**
 * An OTLP/HTTP receiver that keeps the spans: a real server, which decodes the protobuf of
 * https://github.com/open-telemetry/opentelemetry-proto (trace/v1/trace.proto).
 */
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ProtobufMessage } from "./protobuf.ts";
import { Waiter } from "./waiter.ts";

export interface CollectedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for a root span. */
  readonly parentSpanId: string;
  readonly traceState: string;
  /** 2 server, 4 producer, 5 consumer. */
  readonly kind: number;
  /** In nanoseconds since 1970. */
  readonly start: bigint;
  readonly end: bigint;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Trace and span id of each link. */
  readonly links: readonly string[];
  readonly failed: boolean;
  readonly resource: Readonly<Record<string, unknown>>;
}

function anyOf(any: ProtobufMessage | undefined): unknown {
  if (any === undefined) return undefined;
  if (any.has(1)) return any.text(1);
  if (any.has(2)) return any.number(2) === 1n;
  if (any.has(3)) return Number(any.number(3));
  if (!any.has(4)) return undefined;
  const bits = Buffer.alloc(8);
  bits.writeBigUInt64LE(any.number(4));
  return bits.readDoubleLE();
}

function attributesOf(pairs: readonly ProtobufMessage[]): Record<string, unknown> {
  return Object.fromEntries(pairs.map((pair) => [pair.text(1), anyOf(pair.messages(2)[0])]));
}

function spanOf(span: ProtobufMessage, resource: Record<string, unknown>): CollectedSpan {
  return {
    traceId: span.hex(1),
    spanId: span.hex(2),
    traceState: span.text(3),
    parentSpanId: span.hex(4),
    name: span.text(5),
    kind: Number(span.number(6)),
    start: span.number(7),
    end: span.number(8),
    attributes: attributesOf(span.messages(9)),
    links: span.messages(13).map((link) => `${link.hex(1)}-${link.hex(2)}`),
    failed: span.messages(15)[0]?.number(3) === 2n,
    resource,
  };
}

function spansOf(body: Buffer): CollectedSpan[] {
  return new ProtobufMessage(body).messages(1).flatMap((resourceSpans) => {
    const resource = attributesOf(resourceSpans.messages(1)[0]?.messages(1) ?? []);
    const scopes = resourceSpans.messages(2);
    return scopes.flatMap((scope) => scope.messages(2).map((span) => spanOf(span, resource)));
  });
}

export class OtlpCollector {
  readonly spans: CollectedSpan[] = [];
  /** Path and headers of each request. */
  readonly requests: { readonly path: string; readonly headers: IncomingHttpHeaders }[] = [];
  readonly #server: Server;
  readonly #waiter = new Waiter();

  private constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        this.requests.push({ path: request.url ?? "", headers: request.headers });
        this.spans.push(...spansOf(Buffer.concat(chunks)));
        response.writeHead(200, { "content-type": "application/x-protobuf" });
        response.end();
        this.#waiter.changed();
      });
    });
  }

  static async start(): Promise<OtlpCollector> {
    const collector = new OtlpCollector();
    await new Promise<void>((resolve) => collector.#server.listen(0, "127.0.0.1", resolve));
    return collector;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The spans of a trace, sorted by start. */
  of(traceId: string): CollectedSpan[] {
    const spans = this.spans.filter((span) => span.traceId === traceId);
    return spans.sort((one, other) => Number(one.start - other.start));
  }

  async until<T>(poll: () => T | undefined | false): Promise<T> {
    return await this.#waiter.until(poll);
  }

  /** The trace's spans, once it has one of each of these names. */
  async trace(traceId: string, names: readonly string[]): Promise<CollectedSpan[]> {
    return await this.until(() => {
      const spans = this.of(traceId);
      const isComplete = names.every((name) => spans.some((span) => span.name === name));
      return isComplete && spans;
    });
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

/** An OTLP/HTTP receiver that keeps the spans. */
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type CollectedSpan, spansOf } from "./otlp-spans.ts";
import { Waiter } from "./waiter.ts";

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

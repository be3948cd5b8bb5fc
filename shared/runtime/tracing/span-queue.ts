/**
 * Spans on their way to the collector: a bounded number waits, further ones are dropped, and each
 * outcome is counted. An unreachable collector blocks nothing.
 */
import type {
  BatchSpanProcessor,
  ReadableSpan,
  Span,
  SpanExporter,
} from "@opentelemetry/sdk-trace";
import type { MonotonicClock } from "../lifecycle.ts";
import type { Log } from "../log.ts";

type ExportResult = Parameters<Parameters<SpanExporter["export"]>[1]>[0];

/** Spans that wait or are being sent; some 2 MB. */
export const WAITING_LIMIT = 2_048;
const LOG_EVERY_MS = 60_000;
/** `ExportResultCode.SUCCESS`. */
const SUCCESS = 0;

export interface SpanStats {
  sent: number;
  /** The collector did not accept them. */
  failed: number;
  /** The queue was full. */
  dropped: number;
  waiting: number;
}

/** Counts spans, and logs lost ones from time to time. */
export class SpanAccount {
  readonly stats: SpanStats = { sent: 0, failed: 0, dropped: 0, waiting: 0 };
  readonly #log: Log;
  readonly #now: MonotonicClock;
  #lost = 0;
  #loggedAt = Number.NEGATIVE_INFINITY;

  constructor(log: Log, now: MonotonicClock) {
    this.#log = log;
    this.#now = now;
  }

  drop(): void {
    this.stats.dropped += 1;
    this.#lose(1, `more than ${WAITING_LIMIT} wait`);
  }

  settle(count: number, { code, error }: ExportResult): void {
    this.stats.waiting -= count;
    if (code === SUCCESS) {
      this.stats.sent += count;
      return;
    }
    this.stats.failed += count;
    this.#lose(count, error?.message ?? "unknown");
  }

  #lose(count: number, reason: string): void {
    this.#lost += count;
    const now = this.#now();
    if (now - this.#loggedAt < LOG_EVERY_MS) return;
    this.#log.warn({ spans: this.#lost, reason }, "spans were lost on their way to the collector");
    this.#loggedAt = now;
    this.#lost = 0;
  }
}

/** An exporter whose results are counted. */
export class CountedExporter implements SpanExporter {
  readonly #exporter: SpanExporter;
  readonly #account: SpanAccount;

  constructor(exporter: SpanExporter, account: SpanAccount) {
    this.#exporter = exporter;
    this.#account = account;
  }

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    this.#exporter.export(spans, (result) => {
      this.#account.settle(spans.length, result);
      done(result);
    });
  }

  async forceFlush(): Promise<void> {
    await this.#exporter.forceFlush?.();
  }

  async shutdown(): Promise<void> {
    await this.#exporter.shutdown();
  }
}

type Batches = Pick<BatchSpanProcessor, "onStart" | "onEnd" | "forceFlush" | "shutdown">;

/** Takes spans while there is room: the batch processor's own limit would drop them silently. */
export class BoundedBatches implements Batches {
  readonly #batches: Batches;
  readonly #account: SpanAccount;

  constructor(batches: Batches, account: SpanAccount) {
    this.#batches = batches;
    this.#account = account;
  }

  onStart(_span: Span): void {}

  onEnd(span: ReadableSpan): void {
    const { stats } = this.#account;
    if (stats.waiting >= WAITING_LIMIT) return this.#account.drop();
    stats.waiting += 1;
    this.#batches.onEnd(span);
  }

  async forceFlush(): Promise<void> {
    await this.#batches.forceFlush();
  }

  async shutdown(): Promise<void> {
    await this.#batches.shutdown();
  }
}

/**
 * Spans on their way to the collector: a bounded number waits, further ones are dropped, and what
 * became of each is counted. A collector that can't be reached holds up nobody.
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
const COMPLAIN_EVERY_MS = 60_000;
/** `ExportResultCode.SUCCESS`. */
const SUCCESS = 0;

export interface SpanStats {
  sent: number;
  /** The collector did not take them. */
  failed: number;
  /** There was no room for them to wait. */
  dropped: number;
  waiting: number;
}

/** Counts, and tells the log now and then of spans that were lost. */
export class SpanAccount {
  readonly stats: SpanStats = { sent: 0, failed: 0, dropped: 0, waiting: 0 };
  readonly #log: Log;
  readonly #now: MonotonicClock;
  #lost = 0;
  #complainedAt = Number.NEGATIVE_INFINITY;

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
    if (now - this.#complainedAt < COMPLAIN_EVERY_MS) return;
    this.#log.warn({ spans: this.#lost, reason }, "spans were lost on their way to the collector");
    this.#complainedAt = now;
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

/** Lets in what there is room for: the batches' own limit would drop without a word. */
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

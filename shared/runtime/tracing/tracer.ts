/**
 * Spans, in Ovation's terms. Without an OTLP endpoint the tracer is `undefined`: then traces that
 * others started are passed on unchanged.
 */
import type { TraceContext } from "./trace-context.ts";

/** The spans on an event's way; docs/tracing.md explains each. */
export type SpanName =
  | "ovation.publish"
  | "ovation.retract"
  | "ovation.history"
  | "ovation.dispatch"
  | "ovation.store"
  | "ovation.deliver";

export type Attributes = Readonly<Record<string, string | number | boolean>>;

export interface SpanStart {
  /** Whether it answers a client, sends a message, or processes one. */
  readonly kind: "server" | "producer" | "consumer";
  /** When it started, by the monotonic clock; now when absent. */
  readonly at?: number | undefined;
  /** Other traces that it is part of. */
  readonly links?: readonly TraceContext[];
  readonly attributes: Attributes;
}

export interface Span {
  /** The parent of what is done within it. */
  readonly context: TraceContext;
  note(attributes: Attributes): void;
  /** @param fault why it failed, if it did */
  end(fault?: unknown): void;
}

export interface Tracer {
  /** Whether work that belongs to no trace may start one. */
  readonly startsTraces: boolean;
  /**
   * Starts a span.
   * @param parent absent where the span starts a trace
   * @returns undefined when it is not sampled
   */
  start(name: SpanName, parent: TraceContext | undefined, start: SpanStart): Span | undefined;
  /** Counts a span that was dropped since the queue was full. */
  drop(): void;
}

/** Work within a trace, whether it is recorded here or not. */
export interface Step {
  /** The parent of what follows; absent where there is no trace. */
  readonly trace: TraceContext | undefined;
  note(attributes: Attributes): void;
  end(fault?: unknown): void;
}

class UnrecordedStep implements Step {
  readonly trace: TraceContext | undefined;

  constructor(trace: TraceContext | undefined) {
    this.trace = trace;
  }

  note(): void {}
  end(): void {}
}

class RecordedStep implements Step {
  readonly trace: TraceContext;
  readonly #span: Span;

  constructor(span: Span) {
    this.#span = span;
    this.trace = span.context;
  }

  note(attributes: Attributes): void {
    this.#span.note(attributes);
  }

  end(fault?: unknown): void {
    this.#span.end(fault);
  }
}

/**
 * Starts a span in one or several traces: a child in the first, with links to the others.
 * @param start only called when there is something to record
 */
export function startSpan(
  tracer: Tracer | undefined,
  name: SpanName,
  traces: readonly TraceContext[],
  start: () => SpanStart,
): Step {
  const [parent, ...links] = traces;
  if (tracer === undefined) return new UnrecordedStep(parent);
  const span = tracer.start(name, parent, { ...start(), links });
  return span === undefined ? new UnrecordedStep(parent) : new RecordedStep(span);
}

/** The outcome of `work`, which also ends the span, if there is one. */
export function withSpan<T>(step: Step | undefined, work: Promise<T>): Promise<T> {
  return step === undefined ? work : endWith(step, work);
}

async function endWith<T>(step: Step, work: Promise<T>): Promise<T> {
  try {
    const value = await work;
    step.end();
    return value;
  } catch (fault) {
    step.end(fault);
    throw fault;
  }
}

/**
 * Spans, in Ovation's terms. Without an OTLP endpoint the tracer is `undefined`: then traces that
 * others started are passed on unchanged.
 */
import type { TraceContext } from "./trace-context.ts";

/** The spans on an event's way; docs/tracing.md explains each. */
export type SpanName =
  | "ovation.publish"
  | "ovation.retract"
  | "ovation.command"
  | "ovation.look_up"
  | "ovation.history"
  | "ovation.timeline"
  | "ovation.moderation"
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

export interface RecordedSpan {
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
  start(
    name: SpanName,
    parent: TraceContext | undefined,
    start: SpanStart,
  ): RecordedSpan | undefined;
  /** Counts a span that was dropped since the queue was full. */
  drop(): void;
}

/** Work within a trace, whether it is recorded here or not. */
export interface Span {
  /** The parent of what follows; absent where there is no trace. */
  readonly trace: TraceContext | undefined;
  note(attributes: Attributes): void;
  end(fault?: unknown): void;
}

class UnrecordedSpan implements Span {
  readonly trace: TraceContext | undefined;

  constructor(trace: TraceContext | undefined) {
    this.trace = trace;
  }

  note(): void {}
  end(): void {}
}

class TracedSpan implements Span {
  readonly trace: TraceContext;
  readonly #recorded: RecordedSpan;

  constructor(recorded: RecordedSpan) {
    this.#recorded = recorded;
    this.trace = recorded.context;
  }

  note(attributes: Attributes): void {
    this.#recorded.note(attributes);
  }

  end(fault?: unknown): void {
    this.#recorded.end(fault);
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
): Span {
  const [parent, ...links] = traces;
  if (tracer === undefined) return new UnrecordedSpan(parent);
  const recorded = tracer.start(name, parent, { ...start(), links });
  return recorded === undefined ? new UnrecordedSpan(parent) : new TracedSpan(recorded);
}

/** The outcome of `work`, which also ends the span, if there is one. */
export function withSpan<T>(span: Span | undefined, work: Promise<T>): Promise<T> {
  return span === undefined ? work : endWith(span, work);
}

async function endWith<T>(span: Span, work: Promise<T>): Promise<T> {
  try {
    const value = await work;
    span.end();
    return value;
  } catch (fault) {
    span.end(fault);
    throw fault;
  }
}

/**
 * Spans, in Ovation's words. Without an OTLP endpoint there is no tracer at all, and whoever asks
 * for one finds `undefined`: then traces that others began are passed on as they came.
 */
import type { TraceContext } from "./trace-context.ts";

/** What can be seen of an event's way; docs/tracing.md tells what each is. */
export type SpanName =
  | "ovation.publish"
  | "ovation.retract"
  | "ovation.history"
  | "ovation.dispatch"
  | "ovation.store"
  | "ovation.deliver";

export type Attributes = Readonly<Record<string, string | number | boolean>>;

export interface SpanStart {
  /** Whether it answers a client, hands a message on, or takes one. */
  readonly kind: "server" | "producer" | "consumer";
  /** When it began, by the monotonic clock; absent: now. */
  readonly at?: number | undefined;
  /** Other traces that it is part of. */
  readonly links?: readonly TraceContext[];
  readonly attributes: Attributes;
}

export interface Span {
  /** For what is done within it. */
  readonly context: TraceContext;
  note(attributes: Attributes): void;
  /** @param fault why it failed, if it did */
  end(fault?: unknown): void;
}

export interface Tracer {
  /** Whether something that belongs to no trace may begin one. */
  readonly beginsTraces: boolean;
  /**
   * Begins a span.
   * @param parent absent where the span begins a trace
   * @returns undefined when it is not to be recorded
   */
  start(name: SpanName, parent: TraceContext | undefined, start: SpanStart): Span | undefined;
  /** A span that there was no room to wait with. */
  drop(): void;
}

/** Some work within a trace, whether it is recorded here or not. */
export interface Step {
  /** For what follows; absent where there is no trace. */
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
 * Begins a step of one or several traces: of the first it is a part, to the others it is linked.
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

/** The same outcome, with which the step ends, if there is one. */
export function withSpan<T>(step: Step | undefined, work: Promise<T>): Promise<T> {
  return step === undefined ? work : ended(step, work);
}

async function ended<T>(step: Step, work: Promise<T>): Promise<T> {
  try {
    const value = await work;
    step.end();
    return value;
  } catch (fault) {
    step.end(fault);
    throw fault;
  }
}

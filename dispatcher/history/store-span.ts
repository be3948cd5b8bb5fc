/** The storing of a record, as a span in the traces of its events. */
import { historySubject } from "../../shared/protocol/subjects.ts";
import { TRACES_LIMIT, type TraceContext } from "../../shared/runtime/tracing/trace-context.ts";
import { type Span, startSpan, type Tracer } from "../../shared/runtime/tracing/tracer.ts";
import type { Slot } from "./batch.ts";

/** The traces of the requests in a batch, each once. */
export function tracesIn(slots: readonly Slot[]): readonly TraceContext[] {
  const traces = new Set<TraceContext>();
  for (const { request } of slots) {
    const trace = request.taken?.trace;
    if (trace !== undefined) traces.add(trace);
    if (traces.size === TRACES_LIMIT) break;
  }
  return [...traces];
}

/** @returns undefined without a trace */
export function startStoreSpan(
  tracer: Tracer | undefined,
  video: string,
  traces: readonly TraceContext[],
  events: number,
): Span | undefined {
  if (traces.length === 0) return undefined;
  return startSpan(tracer, "ovation.store", traces, () => ({
    kind: "producer",
    attributes: {
      "messaging.system": "nats",
      "messaging.operation.name": "append",
      "messaging.operation.type": "send",
      "messaging.destination.name": historySubject(video),
      "messaging.batch.message_count": events,
      "ovation.video": video,
    },
  }));
}

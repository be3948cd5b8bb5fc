/** A request off the bus, as a span in the traces that it names. */
import { DISPATCHER_QUEUE } from "../../shared/protocol/subjects.ts";
import type { TraceContext } from "../../shared/runtime/tracing/trace-context.ts";
import { type Span, startSpan, type Tracer } from "../../shared/runtime/tracing/tracer.ts";

/** @returns undefined without a trace: a dispatcher starts none itself */
export function startDispatchSpan(
  tracer: Tracer | undefined,
  subject: string,
  traces: readonly TraceContext[],
): Span | undefined {
  if (traces.length === 0) return undefined;
  return startSpan(tracer, "ovation.dispatch", traces, () => ({
    kind: "consumer",
    attributes: {
      "messaging.system": "nats",
      "messaging.operation.name": "dispatch",
      "messaging.operation.type": "process",
      "messaging.destination.name": subject,
      "messaging.consumer.group.name": DISPATCHER_QUEUE,
      "ovation.video": subject.slice(subject.lastIndexOf(".") + 1),
    },
  }));
}

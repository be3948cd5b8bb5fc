/** A request off the bus, as a step of the traces that it says it belongs to. */
import { DISPATCHER_QUEUE } from "../shared/protocol/subjects.ts";
import type { TraceContext } from "../shared/runtime/tracing/trace-context.ts";
import { type Step, startSpan, type Tracer } from "../shared/runtime/tracing/tracer.ts";

/** @returns undefined where there is no trace: nothing is recorded that nobody began */
export function startDispatchSpan(
  tracer: Tracer | undefined,
  subject: string,
  traces: readonly TraceContext[],
): Step | undefined {
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

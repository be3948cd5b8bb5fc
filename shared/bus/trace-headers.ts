/** Traces in the headers of NATS messages; of several `traceparent`, the first is the parent. */
import { headers, Match, type MsgHdrs } from "nats";
import {
  NO_TRACES,
  parseTraceContext,
  TRACEPARENT,
  TRACES_LIMIT,
  TRACESTATE,
  type TraceContext,
  traceparentOf,
} from "../runtime/tracing/trace-context.ts";

/** The traces that a message belongs to; malformed ones are skipped. */
export function tracesOf(given: MsgHdrs): readonly TraceContext[] {
  const [first, ...others] = given.values(TRACEPARENT, Match.IgnoreCase).slice(0, TRACES_LIMIT);
  if (first === undefined) return NO_TRACES;
  const state = given.values(TRACESTATE, Match.IgnoreCase).join(",");
  return [parseTraceContext(first, state), ...others.map((text) => parseTraceContext(text))].filter(
    (context) => context !== undefined,
  );
}

export function traceHeaders(traces: readonly TraceContext[]): MsgHdrs {
  const all = headers();
  for (const context of traces.slice(0, TRACES_LIMIT)) {
    all.append(TRACEPARENT, traceparentOf(context));
  }
  const state = traces[0]?.state ?? "";
  if (state !== "") all.set(TRACESTATE, state);
  return all;
}

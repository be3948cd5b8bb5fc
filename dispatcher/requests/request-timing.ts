/** When a request was taken off the bus, which goes with its events until they are sent. */
import type { TraceContext } from "../../shared/runtime/tracing/trace-context.ts";

export interface RequestTiming {
  /** By the monotonic clock. */
  readonly at: number;
  /** When its oldest event was published, in milliseconds since 1970. */
  readonly publishedAt: number;
  /** The trace that it belongs to. */
  readonly trace: TraceContext | undefined;
}

/** An event on its way to a dispatcher, with the promise of its outcome. */
import type { EncodedEvent } from "../../shared/protocol/bus-request.ts";
import { OvationError } from "../../shared/protocol/errors.ts";
import { NO_TRACES, type TraceContext } from "../../shared/runtime/tracing/trace-context.ts";
import type { Accepted, ListOutcome } from "./dispatcher-client.ts";

export interface PendingEvent extends EncodedEvent {
  readonly trace: TraceContext | undefined;
  readonly resolve: (accepted: Accepted) => void;
  readonly reject: (error: unknown) => void;
}

/** The traces that a batch belongs to. */
export function tracesIn(batch: readonly PendingEvent[]): readonly TraceContext[] {
  if (batch.every(({ trace }) => trace === undefined)) return NO_TRACES;
  return batch.map(({ trace }) => trace).filter((trace) => trace !== undefined);
}

/** Settles each event of a batch with its outcome. */
export function settle(batch: readonly PendingEvent[], outcome: ListOutcome): void {
  const { accepted, refused, error } = outcome;
  for (const [index, { resolve, reject }] of batch.entries()) {
    const one = accepted[index];
    const fault = refused?.get(index);
    if (fault !== undefined) reject(fault);
    else if (one === undefined) reject(error ?? new OvationError("internal"));
    else resolve(one);
  }
}

/** What the handlers of requests need of the gateway, as narrow as they use it. */
import type { OvationError } from "../shared/errors.ts";
import type { EventRules } from "../shared/events.ts";
import type { Log } from "../shared/log.ts";
import type { EventIds } from "../shared/names.ts";
import { parseTraceContext } from "../shared/tracing/trace-context.ts";
import type { Tracer } from "../shared/tracing/tracer.ts";
import type { Authenticator } from "./auth/authenticator.ts";
import type { VideoHistories } from "./history/histories.ts";
import type { HttpExchange } from "./http-exchange.ts";
import type { Interest } from "./interest.ts";
import type { Admission } from "./limits/admission.ts";
import type { Rates } from "./limits/rates.ts";
import type { Publisher } from "./publisher.ts";
import type { DeliveryStats } from "./viewer.ts";

export interface GatewayServices {
  readonly gateway: string;
  readonly auth: Authenticator;
  readonly rules: EventRules;
  readonly ids: EventIds;
  readonly interest: Pick<Interest, "hold" | "release" | "historyOf">;
  readonly histories: Pick<VideoHistories, "epoch" | "begin" | "page" | "positionText">;
  readonly publisher: Pick<Publisher, "publish" | "publishAll" | "retract">;
  readonly delivery: DeliveryStats;
  readonly connections: ConnectionStats;
  readonly admission: Admission;
  readonly rates: Rates;
  readonly log: Log;
  readonly tracer: Tracer | undefined;
}

/** Who a request over HTTP comes from, for limits: its client's address. */
export function clientOf(
  { admission }: Pick<GatewayServices, "admission">,
  exchange: HttpExchange,
): string {
  return admission.clientOf(exchange.peer, exchange.forwardedFor);
}

/** Connections and what went wrong on them. */
export interface ConnectionStats {
  webSockets: number;
  eventStreams: number;
  opened: number;
  closed: number;
  /** Requests of viewers and backends, and those refused by error code. */
  requests: number;
  readonly refused: Map<string, number>;
}

export function emptyConnectionStats(): ConnectionStats {
  return {
    webSockets: 0,
    eventStreams: 0,
    opened: 0,
    closed: 0,
    requests: 0,
    refused: new Map(),
  };
}

export function countRefused(stats: ConnectionStats, code: string): void {
  stats.refused.set(code, (stats.refused.get(code) ?? 0) + 1);
}

/**
 * A refusal that is answered: counted by its code, and logged if it is a fault of our own.
 * @param traceparent as the request has it; empty without
 */
export function noteRefused(
  { connections, log }: Pick<GatewayServices, "connections" | "log">,
  { code }: OvationError,
  fault: unknown,
  traceparent = "",
): void {
  countRefused(connections, code);
  if (code !== "internal") return;
  const traceId = parseTraceContext(traceparent)?.traceId;
  log.error({ err: fault, ...(traceId === undefined ? {} : { traceId }) }, "a request failed");
}

/** A fault of our own, told where it can't be answered with: counted as `internal`, and logged. */
export function noteFault(
  { connections, log }: Pick<GatewayServices, "connections" | "log">,
  fault: unknown,
): void {
  countRefused(connections, "internal");
  log.error({ err: fault }, "a handler failed");
}

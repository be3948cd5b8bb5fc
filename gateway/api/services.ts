/** What the handlers of requests need of the gateway, as narrow as they use it. */
import { closeCodes } from "../../shared/protocol/close-codes.ts";
import type { OvationError } from "../../shared/protocol/errors.ts";
import type { EventRules } from "../../shared/protocol/events.ts";
import type { EventIds } from "../../shared/protocol/names.ts";
import type { Log } from "../../shared/runtime/log.ts";
import { parseTraceContext } from "../../shared/runtime/tracing/trace-context.ts";
import type { Tracer } from "../../shared/runtime/tracing/tracer.ts";
import type { Authenticator } from "../auth/authenticator.ts";
import type { DeliveryStats } from "../delivery/viewer.ts";
import type { CutOff } from "../drain/nats-outage.ts";
import type { VideoHistories } from "../history/histories.ts";
import type { Admission } from "../limits/admission.ts";
import type { BodyBudget } from "../limits/body-budget.ts";
import type { Rates } from "../limits/rates.ts";
import type { Publisher } from "../publish/publisher.ts";
import type { Interest } from "../table/interest.ts";
import type { HttpExchange } from "../transport/http-exchange.ts";

export interface GatewayServices {
  readonly gateway: string;
  readonly auth: Authenticator;
  readonly rules: EventRules;
  readonly ids: EventIds;
  readonly interest: Pick<Interest, "requireRoom" | "hold" | "release" | "historyOf">;
  readonly histories: Pick<VideoHistories, "epoch" | "begin" | "page" | "positionText">;
  readonly publisher: Pick<Publisher, "publish" | "publishAll" | "retract">;
  readonly delivery: DeliveryStats;
  readonly connections: ConnectionStats;
  readonly admission: Admission;
  readonly bodies: BodyBudget;
  readonly cutOff: Pick<CutOff, "admit">;
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
  /** WebSockets closed, by reason. */
  readonly closes: Map<string, number>;
}

export function emptyConnectionStats(): ConnectionStats {
  return {
    webSockets: 0,
    eventStreams: 0,
    opened: 0,
    closed: 0,
    requests: 0,
    refused: new Map(),
    closes: new Map(),
  };
}

export function countRefused(stats: ConnectionStats, code: string): void {
  stats.refused.set(code, (stats.refused.get(code) ?? 0) + 1);
}

/** Of those who had a session: who finds the gateway full has none, and is counted as refused. */
const { full: _, ...sessionCodes } = closeCodes;
const OUR_REASONS = new Map(Object.values(sessionCodes).map(({ code, reason }) => [code, reason]));
/** Sent by clients, or put in by uWebSockets.js: https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1 */
const OTHER_REASONS = new Map([
  [1_000, "client"],
  [1_001, "client"],
  [1_005, "client"],
  [1_006, "lost"],
]);

export const CLOSE_REASONS = [...OUR_REASONS.values(), "client", "lost", "other"];

/** A WebSocket was closed with this code: counted by one of few reasons. */
export function countClosed(stats: ConnectionStats, code: number): void {
  const reason = OUR_REASONS.get(code) ?? OTHER_REASONS.get(code) ?? "other";
  stats.closes.set(reason, (stats.closes.get(reason) ?? 0) + 1);
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

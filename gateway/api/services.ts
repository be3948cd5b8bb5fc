/** What request handlers need from the gateway, as narrowly typed as they use it. */
import type { Bans } from "../../shared/moderation/bans.ts";
import type { OvationError } from "../../shared/protocol/errors.ts";
import type { LiveRules } from "../../shared/protocol/events.ts";
import type { EventIds } from "../../shared/protocol/names.ts";
import type { DeploymentRules } from "../../shared/protocol/wire/messages.ts";
import type { Log } from "../../shared/runtime/log.ts";
import { parseTraceContext } from "../../shared/runtime/tracing/trace-context.ts";
import type { Tracer } from "../../shared/runtime/tracing/tracer.ts";
import type { Authenticator } from "../auth/authenticator.ts";
import type { Grant } from "../auth/grant.ts";
import type { DeliveryStats } from "../delivery/delivery-stats.ts";
import type { SharedWrites } from "../delivery/shared-writes.ts";
import type { NatsOutage } from "../drain/nats-outage.ts";
import type { VideoHistories } from "../history/histories.ts";
import type { Admission } from "../limits/admission.ts";
import type { BodyBudget } from "../limits/body-budget.ts";
import type { ClientKey } from "../limits/client-key.ts";
import {
  type ConnectionStats,
  countRefused,
  type RequestWire,
} from "../limits/connection-stats.ts";
import type { Rates } from "../limits/rates.ts";
import type { BanReader } from "../moderation/ban-reader.ts";
import type { ModerationReader } from "../moderation/moderation-reader.ts";
import type { OwnEvents } from "../moderation/own-events.ts";
import type { Batcher } from "../publish/batcher.ts";
import type { CommandClient } from "../publish/command-client.ts";
import type { DispatcherClient } from "../publish/dispatcher-client.ts";
import type { OrderedPublishes } from "../publish/ordered-publishes.ts";
import type { EventsUnderWay } from "../publish/under-way.ts";
import type { ViewerReports } from "../reports/viewer-reports.ts";
import type { RoomRulesReader } from "../state/room-rules.ts";
import type { VideoSnapshots } from "../state/snapshots.ts";
import type { Interest } from "../table/interest.ts";
import type { TimelineReader } from "../totals/timeline-reader.ts";
import type { HttpExchange } from "../transport/http-exchange.ts";
import type { MessageBounds } from "./read-message.ts";

export interface GatewayServices {
  readonly gateway: string;
  readonly auth: Authenticator;
  readonly rules: LiveRules;
  /** Whether the number of different actors is told. */
  readonly countsActors: boolean;
  readonly messageBounds: MessageBounds;
  /** The rules as clients get them, at the moment of the call. */
  readonly deploymentRules: () => DeploymentRules;
  readonly ids: EventIds;
  readonly interest: Pick<Interest, "requireRoom" | "hold" | "release" | "historyOf">;
  readonly timeline: Pick<TimelineReader, "read">;
  readonly histories: Pick<VideoHistories, "epoch" | "resume" | "page" | "positionText">;
  readonly roomRules: Pick<RoomRulesReader, "of" | "latest" | "learn">;
  readonly snapshots: Pick<VideoSnapshots, "missing" | "of">;
  readonly publisher: {
    readonly client: Pick<DispatcherClient, "publish" | "retract">;
    readonly commands: Pick<CommandClient, "send">;
    readonly batched: Pick<Batcher, "publish">;
    readonly durable: Pick<EventsUnderWay, "add" | "settled">;
    inOrder(): Pick<OrderedPublishes, "publish" | "inTurn">;
  };
  /** Whether an author may delete the own events. */
  readonly authorsDelete: boolean;
  readonly bans: Pick<Bans, "of" | "requirePublishing" | "requireWatching">;
  readonly ownEvents: Pick<OwnEvents, "showPast">;
  readonly banReader: Pick<BanReader, "get" | "page">;
  readonly moderation: Pick<ModerationReader, "page">;
  readonly delivery: DeliveryStats;
  readonly sharedWrites: SharedWrites;
  readonly viewerReports: Pick<ViewerReports, "ask" | "take">;
  readonly connections: ConnectionStats;
  readonly admission: Admission;
  readonly bodies: BodyBudget;
  readonly natsOutage: Pick<NatsOutage, "admit">;
  readonly rates: Rates;
  readonly log: Log;
  readonly tracer: Tracer | undefined;
}

/** Whom an HTTP request is from, for limits: its client's address. */
export function clientOf(
  { admission }: Pick<GatewayServices, "admission">,
  exchange: HttpExchange,
): ClientKey {
  return admission.clientOf(exchange.peer, exchange.forwardedFor);
}

/** Whose rate an HTTP request is charged to: the actor's, or else the address's. */
export function clientFor(
  services: Pick<GatewayServices, "admission">,
  grant: Grant,
  exchange: HttpExchange,
): ClientKey {
  return grant.clientAt(clientOf(services, exchange));
}

/**
 * Counts a refusal, which the caller answers, by its code; logs it if the failure is our own, and at
 * debug why a token or an API key was refused.
 * @param exchange the request, over HTTP
 */
export function recordRejection(
  { connections, log }: Pick<GatewayServices, "connections" | "log">,
  wire: RequestWire,
  error: OvationError,
  fault: unknown,
  exchange?: Pick<HttpExchange, "requestId" | "header">,
): void {
  const { code } = error;
  countRefused(connections, wire, code);
  if (code === "internal") log.error({ err: fault, ...idsOf(exchange) }, "a request failed");
  else if (error.kind.status === 401) {
    const reason = error.cause instanceof Error ? error.cause.message : error.message;
    log.debug({ wire, code, reason, ...idsOf(exchange) }, "a token was refused");
  }
}

/** By what the request is found in a client's log, and in a trace. */
function idsOf(exchange: Pick<HttpExchange, "requestId" | "header"> | undefined): object {
  if (exchange === undefined) return {};
  const traceId = parseTraceContext(exchange.header("traceparent"))?.traceId;
  const { requestId } = exchange;
  return traceId === undefined ? { requestId } : { requestId, traceId };
}

/** Counts a failure of our own that can't be sent as an answer as `internal`, and logs it. */
export function recordFailure(
  { connections, log }: Pick<GatewayServices, "connections" | "log">,
  wire: RequestWire,
  fault: unknown,
): void {
  countRefused(connections, wire, "internal");
  log.error({ err: fault }, "a handler failed");
}

/** The dispatcher's metrics for Prometheus, read from its parts at each scrape. */
import type { Registry } from "prom-client";
import type { Bus } from "../shared/bus/connection.ts";
import { errorKinds } from "../shared/protocol/errors.ts";
import { type Hop, registerHops } from "../shared/runtime/hops.ts";
import {
  counterOf,
  countOf,
  groupedCountsBy,
  registerBusMetrics,
} from "../shared/runtime/metrics.ts";
import { registerShedLevels } from "../shared/runtime/overload/metrics.ts";
import type { Commands } from "./commands/commands.ts";
import type { Fanout } from "./fanout.ts";
import type { History } from "./history/history.ts";
import { registerHistoryMetrics } from "./history/metrics.ts";
import { registerModerationMetrics } from "./moderation/metrics.ts";
import type { Moderation } from "./moderation/moderation.ts";
import type { DispatcherOverload } from "./overload.ts";
import type { Assignment } from "./partitions/assignment.ts";
import { registerPartitionMetrics } from "./partitions/metrics.ts";
import type { Acceptor } from "./publish/acceptor.ts";
import type { CountHandler } from "./requests/count-handler.ts";
import type { PublishHandler } from "./requests/publish-handler.ts";
import type { QueueGroup } from "./requests/queue-group.ts";
import type { Replies } from "./requests/replies.ts";
import { registerReviewMetrics } from "./review/metrics.ts";
import type { Review } from "./review/review.ts";
import type { EndedVideos } from "./state/ended-videos.ts";
import { registerStateMetrics } from "./state/metrics.ts";
import type { VideoStates } from "./state/video-states.ts";
import { registerStoreMetrics } from "./stores/metrics.ts";
import type { StoreMonitor } from "./stores/store-monitor.ts";
import { registerTableMetrics } from "./table/metrics.ts";
import type { RouteTable } from "./table/routes.ts";
import type { SubscriptionTable } from "./table/subscription-table.ts";
import { registerTotalsMetrics } from "./totals/metrics.ts";
import type { Timeline } from "./totals/timeline.ts";
import type { Totals } from "./totals/totals.ts";
import { registerVotesMetrics } from "./votes/metrics.ts";
import type { Votes } from "./votes/votes.ts";

interface Parts {
  readonly bus: Bus;
  readonly overload: DispatcherOverload;
  readonly hops: { readonly publish: Hop; readonly dispatch: Hop; readonly store: Hop };
  readonly stores: StoreMonitor;
  readonly replies: Replies;
  readonly publishHandler: PublishHandler;
  readonly acceptor: Acceptor;
  readonly history: History;
  readonly states: VideoStates;
  readonly ended: EndedVideos;
  readonly votes: Votes;
  readonly moderation: Moderation;
  readonly review: Review;
  readonly fanout: Fanout;
  readonly routes: RouteTable;
  readonly table: SubscriptionTable;
  readonly totals: Totals;
  readonly timeline: Timeline;
  readonly commands: Commands;
  readonly countRequests: CountHandler;
  readonly queueGroup: QueueGroup;
  readonly assignment: Assignment;
}

function registerOverload(registry: Registry, { levels, refused }: DispatcherOverload): void {
  registerShedLevels(registry, "ovation_dispatcher", levels);
  counterOf(
    registry,
    "ovation_dispatcher_overload_refused_total",
    "Requests refused because of overload: those of transient events only, and any.",
    ["what"],
    () => [
      [{ what: "transient" }, refused.transient],
      [{ what: "any" }, refused.durable],
    ],
  );
}

export function registerDispatcherMetrics(registry: Registry, parts: Parts): void {
  registerHistoryMetrics(registry, parts.history);
  registerStateMetrics(registry, parts.states, parts.ended);
  registerVotesMetrics(registry, parts.votes);
  registerModerationMetrics(registry, parts.moderation);
  registerReviewMetrics(registry, parts.review);
  registerStoreMetrics(registry, parts.stores);
  registerOverload(registry, parts.overload);
  registerTableMetrics(registry, parts.table, parts.routes);
  registerPartitionMetrics(registry, parts.assignment, parts.queueGroup);
  registerTotalsMetrics(registry, parts.totals, parts.timeline);
  const { replies, publishHandler, acceptor, fanout, commands, countRequests } = parts;
  registerBusMetrics(registry, parts.bus);
  registerHops(registry, parts.hops);
  const counter = (name: string, help: string, read: () => number) =>
    countOf(registry, `ovation_dispatcher_${name}`, help, read);
  counter(
    "requests_total",
    "Publish requests taken off the bus.",
    () => publishHandler.stats.requests,
  );
  counter(
    "count_requests_total",
    "Requests of gateways to count a video's viewers.",
    () => countRequests.stats.requests,
  );
  counter("commands_total", "Commands taken off the bus.", () => commands.stats.requests);
  counterOf(registry, "ovation_dispatcher_events_total", "Events accepted.", ["class"], () =>
    Object.entries(acceptor.events).map(([name, count]) => [{ class: name }, count]),
  );
  const codes = Object.keys(errorKinds);
  const name = "ovation_dispatcher_refused_total";
  const help =
    "Requests and events in lists that were refused or failed, of gateways or of services over NATS.";
  groupedCountsBy(registry, name, help, ["from", "code"], codes, replies.refused);
  counter(
    "answers_misdirected_total",
    "Replies not sent, since their subject belongs to Ovation or to NATS itself.",
    () => replies.rejectedReplyTo,
  );
  counter("messages_total", "Messages sent to gateways.", () => fanout.stats.messages);
  counter(
    "unwatched_events_total",
    "Events that no gateway had viewers for.",
    () => fanout.stats.unwatchedEvents,
  );
  counter(
    "fanout_windows_total",
    "Times that transient events of a busy video were collected and sent together.",
    () => fanout.windows,
  );
  counter(
    "counted_events_total",
    "Transient events of which messages to gateways had the exact count only.",
    () => fanout.stats.countedOnly,
  );
}

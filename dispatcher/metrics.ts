/** The dispatcher's metrics for Prometheus, read from its parts at each scrape. */
import type { Registry } from "prom-client";
import type { Bus } from "../shared/bus/connection.ts";
import type { Histogram } from "../shared/lib/histogram.ts";
import type { Bans } from "../shared/moderation/bans.ts";
import { errorKinds } from "../shared/protocol/errors.ts";
import { type Hop, registerHops } from "../shared/runtime/hops.ts";
import {
  counterOf,
  countOf,
  countsBy,
  gaugeOf,
  histogramOf,
  registerBusMetrics,
} from "../shared/runtime/metrics.ts";
import { registerShedLevels } from "../shared/runtime/overload/metrics.ts";
import type { Commands } from "./commands/commands.ts";
import type { CountHandler } from "./count-handler.ts";
import type { Fanout } from "./fanout.ts";
import type { History } from "./history/history.ts";
import { registerModerationMetrics } from "./moderation/metrics.ts";
import type { ModerationLog } from "./moderation/moderation-log.ts";
import type { Shadows } from "./moderation/shadows.ts";
import type { DispatcherOverload } from "./overload.ts";
import type { PublishHandler } from "./publish-handler.ts";
import type { Replies } from "./replies.ts";
import { registerReviewMetrics } from "./review/metrics.ts";
import type { Review } from "./review/review.ts";
import type { EndedVideos } from "./state/ended-videos.ts";
import type { VideoStates } from "./state/video-states.ts";
import type { Announced } from "./table/announced.ts";
import type { ViewerCounts } from "./table/counts.ts";
import type { Leases } from "./table/leases.ts";
import type { Mirror } from "./table/mirror.ts";
import type { RouteTable } from "./table/routes.ts";
import type { Sweeper } from "./table/sweep.ts";
import type { Timeline } from "./totals/timeline.ts";
import type { Totals } from "./totals/totals.ts";
import { registerVotesMetrics } from "./votes/metrics.ts";
import type { Votes } from "./votes/votes.ts";

interface Parts {
  readonly bus: Bus;
  readonly overload: DispatcherOverload;
  readonly hops: { readonly publish: Hop; readonly dispatch: Hop; readonly store: Hop };
  readonly replies: Replies;
  readonly publishHandler: PublishHandler;
  readonly history: History;
  readonly states: VideoStates;
  readonly ended: Pick<EndedVideos, "size">;
  readonly votes: Votes;
  readonly bans: Pick<Bans, "size">;
  readonly moderation: Pick<ModerationLog, "acts">;
  readonly shadows: Pick<Shadows, "stats">;
  readonly review: Pick<Review, "stats" | "isPaused">;
  readonly fanout: Fanout;
  readonly mirror: Mirror;
  readonly announced: Announced;
  readonly routes: RouteTable;
  readonly leases: Leases;
  readonly sweeper: Sweeper;
  readonly counts: ViewerCounts;
  readonly totals: Pick<Totals, "waitingCount" | "stats">;
  readonly timeline: Pick<Timeline, "stats">;
  readonly commands: Pick<Commands, "stats">;
  readonly countRequests: CountHandler;
}

function registerHistoryMetrics(registry: Registry, history: History): void {
  const { stats } = history;
  const counter = (name: string, help: string, read: () => number) =>
    countOf(registry, `ovation_dispatcher_history_${name}`, help, read);
  const gauge = (name: string, help: string, read: () => number) =>
    gaugeOf(registry, `ovation_dispatcher_history_${name}`, help, read);
  counter("records_total", "Records stored.", () => stats.records);
  counter("events_total", "Durable events stored.", () => stats.events);
  counter("repeats_total", "Durable events that were stored already.", () => stats.repeats);
  counter(
    "conflicts_total",
    "Appends that lost the race against another dispatcher's, and were retried.",
    () => stats.conflicts,
  );
  counter("failures_total", "Failed attempts to use the store.", () => stats.failures);
  counter(
    "retractions_total",
    "Requests to delete an event that were carried out.",
    () => stats.retractions,
  );
  counter("trims_total", "Times a video's oldest events were removed.", () => stats.trims);
  gauge("waiting_events", "Durable events that wait to be stored.", () => history.waitingEvents);
  gauge(
    "waiting_limit_events",
    "How many may wait; more are refused as history_busy.",
    () => history.waitingLimit,
  );
  const histogram = (name: string, help: string, values: Histogram) =>
    histogramOf(registry, `ovation_dispatcher_history_${name}`, help, [], () => [[{}, values]]);
  histogram(
    "append_duration_seconds",
    "Time that JetStream took to store a record; failures are not included.",
    stats.appendSeconds,
  );
  histogram("record_events", "Events in a record.", stats.recordEvents);
  gauge("videos", "Videos whose newest event is known here.", () => history.videoCount);
  gauge("writable", "1 while the history can be written.", () => (history.isWritable ? 1 : 0));
}

function registerStateMetrics(registry: Registry, { states, ended }: Parts): void {
  const { stats } = states;
  const counter = (name: string, help: string, read: () => number) =>
    countOf(registry, `ovation_dispatcher_state_${name}`, help, read);
  const gauge = (name: string, help: string, read: () => number) =>
    gaugeOf(registry, `ovation_dispatcher_state_${name}`, help, read);
  counter("writes_total", "Writes of a video's state.", () => stats.writes);
  counter("changes_total", "Changes in them.", () => stats.changes);
  counter(
    "conflicts_total",
    "Writes that lost the race against another dispatcher's.",
    () => stats.conflicts,
  );
  counter("failures_total", "Failed attempts to use the store.", () => stats.failures);
  gauge("waiting_changes", "Changes that wait to be stored.", () => states.waiting);
  gauge("videos", "Videos whose state is remembered here.", () => states.videoCount);
  const name = "ovation_dispatcher_ended_videos";
  gaugeOf(registry, name, "Videos that have ended.", () => ended.size);
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
  registerStateMetrics(registry, parts);
  registerVotesMetrics(registry, parts.votes);
  registerModerationMetrics(registry, parts.bans, parts.moderation, parts.shadows);
  registerReviewMetrics(registry, parts.review);
  registerOverload(registry, parts.overload);
  const {
    replies,
    publishHandler,
    fanout,
    mirror,
    announced,
    routes,
    leases,
    sweeper,
    counts,
    totals,
    timeline,
    commands,
    countRequests,
  } = parts;
  registerBusMetrics(registry, parts.bus);
  registerHops(registry, parts.hops);
  const counter = (name: string, help: string, read: () => number) =>
    countOf(registry, `ovation_dispatcher_${name}`, help, read);
  const gauge = (name: string, help: string, read: () => number) =>
    gaugeOf(registry, `ovation_dispatcher_${name}`, help, read);
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
    Object.entries(publishHandler.stats.events).map(([name, count]) => [{ class: name }, count]),
  );
  const codes = Object.keys(errorKinds);
  const name = "ovation_dispatcher_refused_total";
  countsBy(registry, name, "Requests refused.", "code", codes, replies.refused);
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
  counterOf(
    registry,
    "ovation_dispatcher_mirror_mended_total",
    "Rows corrected by a full read of the table, since the watch had missed them.",
    ["change"],
    () => [
      [{ change: "added" }, mirror.stats.rowsAdded],
      [{ change: "changed" }, mirror.stats.rowsChanged],
      [{ change: "removed" }, mirror.stats.rowsRemoved],
    ],
  );
  counter("table_reads_total", "Full reads of the table.", () => mirror.stats.reads);
  counter(
    "table_read_failures_total",
    "Failed reads of the table or the leases.",
    () => mirror.stats.readFailures,
  );
  counter(
    "gateways_dead_total",
    "Leases of gateways that expired.",
    () => sweeper.stats.gatewaysDead,
  );
  counter("rows_swept_total", "Rows of dead gateways removed.", () => sweeper.stats.rowsSwept);
  counter(
    "sweep_failures_total",
    "Sweeps that failed and are retried.",
    () => sweeper.stats.failures,
  );
  gauge("table_rows", "Rows of the table.", () => routes.rowCount);
  gauge("table_videos", "Videos in the table.", () => routes.videoCount);
  gauge(
    "announced_rows",
    "Rows that gateways have announced in the last 10 seconds.",
    () => announced.size,
  );
  counter(
    "announced_rows_dropped_total",
    "Announced rows dropped early, since there were too many.",
    () => announced.dropped,
  );
  gauge("table_readable", "1 while the table can be read.", () => (mirror.isReadable ? 1 : 0));
  gauge(
    "table_read_age_seconds",
    "Time since the last full read of the table.",
    () => mirror.readAgeMs / 1_000,
  );
  histogramOf(
    registry,
    "ovation_dispatcher_mirror_lag_seconds",
    "Time from when NATS stored a row of the table until the mirror had it. It compares wall clocks, so their skew distorts it. Without values on nats-server 2.9, which does not tell when it stored a row.",
    [],
    () => [[{}, mirror.lag.seconds]],
  );
  counter(
    "mirror_clock_skew_total",
    "Rows that by two wall clocks arrived before they were stored (counted as 0 s), or an hour after.",
    () => mirror.lag.skewed,
  );
  gauge("leases", "Gateways with a lease.", () => leases.count);
  gauge(
    "lease_oldest_age_seconds",
    "Age of the oldest sign of life of any gateway.",
    () => leases.oldestAgeMs() / 1_000,
  );
  gauge(
    "totals_waiting_videos",
    "Videos with events that are not in their stored totals yet.",
    () => totals.waitingCount,
  );
  const stores = [
    ["totals", () => totals.stats],
    ["timeline", () => timeline.stats],
  ] as const;
  const perStore = (name: string, help: string, read: (stats: Totals["stats"]) => number) =>
    counterOf(registry, `ovation_dispatcher_${name}`, help, ["store"], () =>
      stores.map(([store, stats]) => [{ store }, read(stats())]),
    );
  perStore(
    "totals_writes_total",
    "Totals and hours of timelines that were stored.",
    (s) => s.writes,
  );
  perStore(
    "totals_reads_total",
    "Reads of totals and hours of timelines that others may have written.",
    (s) => s.reads,
  );
  perStore(
    "totals_write_conflicts_total",
    "Writes that another dispatcher's write came before; they were repeated.",
    (s) => s.conflicts,
  );
  perStore(
    "totals_write_failures_total",
    "Failed writes, repeated until they succeed.",
    (s) => s.failures,
  );
  perStore(
    "totals_writes_unknown_total",
    "Writes that were given up, since it can no longer be known whether they were carried out: totals may be too low by what they held.",
    (s) => s.unknown,
  );
  perStore(
    "totals_dropped_total",
    "Requests whose events were not counted, since too many videos waited to be stored.",
    (s) => s.dropped,
  );
  gauge(
    "counts_pending",
    "Videos whose viewer count may be sent again.",
    () => counts.pendingCount,
  );
}

/** The gateway's metrics for Prometheus, read from its parts on each scrape. */
import type { Registry } from "prom-client";
import type { Bus } from "../shared/bus/connection.ts";
import type { TombstoneReaper } from "../shared/bus/tombstone-reaper.ts";
import { errorKinds } from "../shared/protocol/errors.ts";
import { registerHops } from "../shared/runtime/hops.ts";
import {
  counterOf,
  countOf,
  countsBy,
  gaugeOf,
  groupedCountsBy,
  registerBusMetrics,
} from "../shared/runtime/metrics.ts";
import type { Hub } from "./api/hub.ts";
import type { Auth } from "./auth/create.ts";
import type { DeliveryStats } from "./delivery/delivery-stats.ts";
import type { FrameInterval } from "./delivery/frame-interval.ts";
import type { FrameScheduler } from "./delivery/frame-scheduler.ts";
import type { SharedWrites } from "./delivery/shared-writes.ts";
import type { NatsOutage } from "./drain/nats-outage.ts";
import { registerFrames, registerPublishing } from "./flow-metrics.ts";
import type { VideoHistories } from "./history/histories.ts";
import { CLOSE_REASONS, type ConnectionStats, WIRES } from "./limits/connection-stats.ts";
import type { Publisher } from "./publish/publisher.ts";
import { registerViewerReports } from "./reports/metrics.ts";
import type { ViewerReports } from "./reports/viewer-reports.ts";
import type { StateReader } from "./state/state-reader.ts";
import type { CountRequests } from "./table/count-requests.ts";
import type { Interest } from "./table/interest.ts";
import type { Lease } from "./table/lease.ts";
import type { RowWriter } from "./table/row-writer.ts";
import type { TimelineReader } from "./totals/timeline-reader.ts";
import type { TotalsReader } from "./totals/totals-reader.ts";
import type { CertificateKeeper } from "./transport/certificate.ts";

interface Parts {
  readonly bus: Bus;
  readonly interest: Interest;
  readonly histories: VideoHistories;
  readonly totals: Pick<TotalsReader, "stats">;
  readonly timeline: Pick<TimelineReader, "stats">;
  readonly states: Pick<StateReader, "stats">;
  readonly publisher: Publisher;
  readonly counts: CountRequests;
  readonly interval: FrameInterval;
  readonly scheduler: FrameScheduler;
  readonly rows: RowWriter;
  readonly tombstones: TombstoneReaper;
  readonly lease: Lease;
  readonly connections: ConnectionStats;
  readonly delivery: DeliveryStats;
  readonly sharedWrites: SharedWrites;
  readonly viewerReports: Pick<ViewerReports, "stats">;
  /** Undefined without TLS. */
  readonly certificate: CertificateKeeper | undefined;
  readonly hub: Pick<Hub, "dismissed" | "departuresPerSecond">;
  readonly auth: Auth;
  readonly natsOutage: NatsOutage;
}

type Register = (name: string, help: string, read: () => number) => void;

export function registerGatewayMetrics(registry: Registry, parts: Parts): void {
  const counter: Register = (name, help, read) =>
    countOf(registry, `ovation_gateway_${name}`, help, read);
  const gauge: Register = (name, help, read) =>
    gaugeOf(registry, `ovation_gateway_${name}`, help, read);
  registerBusMetrics(registry, parts.bus);
  registerHops(registry, parts.interest.hops);
  registerConnections(registry, counter, parts.connections);
  registerPublishing(registry, parts.publisher);
  counter(
    "viewers_dismissed_total",
    "Viewers sent to another gateway because this one is draining.",
    () => parts.hub.dismissed,
  );
  gauge(
    "departures_per_second",
    "Viewers sent to another gateway per second; 0 while the gateway isn't draining.",
    () => parts.hub.departuresPerSecond,
  );
  counter(
    "counts_dropped_total",
    "Changed viewer counts that were not sent because too many others waited.",
    () => parts.counts.dropped,
  );
  registerDelivery(registry, counter, parts.delivery);
  counter(
    "writes_saved_total",
    "Frames that went to a viewer in the same write as a frame of another video.",
    () => parts.sharedWrites.saved,
  );
  registerFrames(registry, parts);
  registerViewerReports(registry, parts.viewerReports.stats);
  registerTable(counter, gauge, parts);
  registerHistory(registry, counter, gauge, parts.histories);
  const { totals, timeline } = parts;
  counter("totals_reads_total", "Reads of a video's totals.", () => totals.stats.reads);
  counter(
    "totals_read_failures_total",
    "Failed reads of a video's totals, tried again later.",
    () => totals.stats.failures,
  );
  counter("timeline_reads_total", "Hours of timelines that were read.", () => timeline.stats.reads);
  counter(
    "timeline_read_failures_total",
    "Requests for a timeline that could not be read.",
    () => timeline.stats.failures,
  );
  const { states } = parts;
  counter("state_reads_total", "Reads of a video's stored state.", () => states.stats.reads);
  counter("state_read_failures_total", "Those that failed.", () => states.stats.failures);
  registerAuth(counter, parts.auth);
  registerNatsOutage(counter, gauge, parts.natsOutage);
  if (parts.certificate !== undefined) registerCertificate(counter, gauge, parts.certificate);
}

function registerCertificate(
  counter: Register,
  gauge: Register,
  certificate: CertificateKeeper,
): void {
  gauge(
    "certificate_not_after_seconds",
    "Until when the certificate in use is valid, in seconds since 1970.",
    () => certificate.notAfterMs / 1_000,
  );
  counter(
    "certificate_reloads_total",
    "Times a new certificate was loaded.",
    () => certificate.stats.reloads,
  );
  counter(
    "certificate_failures_total",
    "New certificates that could not be used; the old one stayed in use.",
    () => certificate.stats.failures,
  );
}

function registerNatsOutage(counter: Register, gauge: Register, natsOutage: NatsOutage): void {
  gauge(
    "cut_off_seconds",
    "For how long the gateway has been cut off from NATS; 0 while it isn't.",
    () => natsOutage.forMs / 1_000,
  );
  counter(
    "stale_notices_total",
    "Times viewers were notified that nothing new arrives.",
    () => natsOutage.stats.notices,
  );
  counter(
    "cut_off_dismissed_total",
    "Viewers sent to other gateways because this one was cut off from NATS.",
    () => natsOutage.stats.dismissed,
  );
}

function registerAuth(counter: Register, { tickets, remoteKeys, apiKeys }: Auth): void {
  counter("tickets_issued_total", "Tickets issued.", () => tickets.stats.issued);
  counter("tickets_used_total", "Event streams opened with a ticket.", () => tickets.stats.used);
  counter(
    "api_keys_reloads_total",
    "Times the API keys' file was read again.",
    () => apiKeys.stats.reloads,
  );
  counter(
    "api_keys_failures_total",
    "Times it could not be used; the old keys stayed in use.",
    () => apiKeys.stats.failures,
  );
  if (remoteKeys === undefined) return;
  const { stats } = remoteKeys;
  counter("key_fetches_total", "Requests for the key set of tokens.", () => stats.fetches);
  counter(
    "key_fetch_failures_total",
    "Requests for the key set that failed.",
    () => stats.failures,
  );
}

function registerConnections(registry: Registry, counter: Register, stats: ConnectionStats): void {
  gaugeOf(registry, "ovation_gateway_websockets", "Open WebSockets.", () => stats.webSockets);
  gaugeOf(
    registry,
    "ovation_gateway_event_streams",
    "Open Server-Sent Events streams.",
    () => stats.eventStreams,
  );
  counter("connections_opened_total", "Connections opened.", () => stats.opened);
  counter("connections_closed_total", "Connections closed.", () => stats.closed);
  countsBy(
    registry,
    "ovation_gateway_websocket_closes_total",
    "WebSockets closed, by the reason that the gateway gave; `client` when the client ended it, `lost` when it disappeared without a close frame, `other` when it sent a code of its own.",
    "reason",
    CLOSE_REASONS,
    stats.closes,
  );
  counterOf(
    registry,
    "ovation_gateway_requests_total",
    "Messages and HTTP requests received: over WebSockets or to open one, for event streams (`sse`), and others over HTTP.",
    ["wire"],
    () => WIRES.map((wire) => [{ wire }, stats.requests[wire]]),
  );
  const codes = Object.keys(errorKinds);
  const name = "ovation_gateway_refused_total";
  const help =
    "Requests, connections and events in lists that were refused or failed, and subscriptions that were ended with an error.";
  groupedCountsBy(registry, name, help, ["wire", "code"], codes, stats.refused);
  counter(
    "notices_dropped_total",
    "Notices that a viewer did not get, since its buffer was full: of a changed count, that nothing new arrives.",
    () => stats.noticesDropped,
  );
}

function registerDelivery(registry: Registry, counter: Register, stats: DeliveryStats): void {
  counter("frames_sent_total", "Frames written to viewers.", () => stats.frames);
  counter("events_delivered_total", "Events written to viewers.", () => stats.delivered);
  counter("bytes_sent_total", "Bytes of frames written to viewers.", () => stats.bytes);
  counter(
    "events_sampled_total",
    "Events sent as counts only because their frame was over its limit.",
    () => stats.sampled,
  );
  counterOf(
    registry,
    "ovation_gateway_events_dropped_total",
    "Events whose frame was not written to a viewer because its buffer was full, or because it was still catching up. It got their number later, and durable ones in full.",
    ["class", "reason"],
    () =>
      Object.entries(stats.dropped).flatMap(([reason, events]) =>
        Object.entries(events).map(([name, count]) => [{ class: name, reason }, count] as const),
      ),
  );
  counter(
    "summaries_sent_total",
    "Summaries sent to viewers that had missed frames.",
    () => stats.summaries,
  );
}

function registerTable(counter: Register, gauge: Register, parts: Parts): void {
  const { interest, rows, tombstones, lease } = parts;
  gauge("videos", "Videos held: watched now or until recently.", () => interest.videoCount);
  counter(
    "videos_forgotten_total",
    "Videos without viewers that were released early to make room.",
    () => interest.stats.forgotten,
  );
  counter(
    "videos_refused_total",
    "Times a video was refused because the limit of videos was reached.",
    () => interest.stats.refused,
  );
  gauge("table_rows", "Rows of this gateway in the table.", () => rows.rowCount);
  counter("row_writes_total", "Rows written or removed.", () => rows.stats.writes);
  counter(
    "unserved_requests_total",
    "Requests whose partition no dispatcher served, and that went to any.",
    () => parts.publisher.requests.stats.unserved,
  );
  counter(
    "announced_only_total",
    "Viewers that were answered when their video's row was announced to dispatchers, but could not be written yet.",
    () => rows.stats.announcedOnly,
  );
  counter(
    "row_write_failures_total",
    "Rows that could not be written at once.",
    () => rows.stats.failures,
  );
  counter(
    "rows_mended_total",
    "Rows found wrong, and corrected, when the whole table was read.",
    () => rows.stats.mended,
  );
  gauge(
    "row_markers",
    "Markers of removed rows that wait to be erased from the table.",
    () => tombstones.waiting,
  );
  counter(
    "row_markers_erased_total",
    "Markers of removed rows that were erased.",
    () => tombstones.stats.erased,
  );
  counter(
    "row_markers_left_total",
    "Markers of removed rows that are left to expire by age.",
    () => tombstones.stats.left,
  );
  gauge("lease_age_seconds", "Time since the lease was renewed.", () => lease.ageMs / 1_000);
  counter(
    "lease_lost_total",
    "Times the lease was lost and acquired again.",
    () => lease.stats.lost,
  );
  counter("lease_failures_total", "Renewals that failed.", () => lease.stats.failures);
}

function registerHistory(
  registry: Registry,
  counter: Register,
  gauge: Register,
  { reader, budget, stats }: VideoHistories,
): void {
  counterOf(
    registry,
    "ovation_gateway_history_reads_total",
    "Reads of a video's history: whole, its newest record, or the next one.",
    ["what"],
    () => [
      [{ what: "whole" }, reader.stats.whole],
      [{ what: "last" }, reader.stats.last],
      [{ what: "next" }, reader.stats.next],
    ],
  );
  counter("history_read_failures_total", "Reads that failed.", () => reader.stats.failures);
  counter(
    "history_remade_total",
    "Times the history was created again.",
    () => reader.stats.remade,
  );
  counter("gaps_total", "Times durable events were missing.", () => stats.gaps);
  counter(
    "gaps_unfilled_total",
    "Gaps that could not be filled in time; viewers see them.",
    () => stats.gapsUnfilled,
  );
  counter(
    "history_resets_total",
    "Times a video's history turned out to be a different one; its viewers got a reset.",
    () => stats.resets,
  );
  counter(
    "history_erased_total",
    "Times all of a video was erased on request; its viewers got a reset.",
    () => stats.erased,
  );
  gauge("history_cache_bytes", "Memory that the videos' histories use.", () => budget.bytes);
  counter(
    "history_cache_shrunk_total",
    "Videos whose history was released to free memory.",
    () => budget.shrunk,
  );
}

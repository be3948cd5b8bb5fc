/** Metrics of what viewers report, for Prometheus. */
import type { Registry } from "prom-client";
import { countOf, histogramOf } from "../../shared/runtime/metrics.ts";
import type { ReportStats } from "./viewer-reports.ts";

export function registerViewerReports(registry: Registry, stats: ReportStats): void {
  const counter = (name: string, help: string, read: () => number) =>
    countOf(registry, `ovation_viewer_${name}_total`, help, read);
  histogramOf(
    registry,
    "ovation_viewer_latency_seconds",
    "Time from when a dispatcher accepted an event until it was on a viewer's screen, by what viewers report.",
    ["class"],
    () => [
      [{ class: "transient" }, stats.transient],
      [{ class: "durable" }, stats.durable],
    ],
  );
  histogramOf(
    registry,
    "ovation_viewer_publish_duration_seconds",
    "Time from a viewer's publish until its client had the answer, repeats included, by what viewers report.",
    [],
    () => [[{}, stats.published]],
  );
  histogramOf(
    registry,
    "ovation_viewer_away_seconds",
    "Time that viewers who reconnected had been without a connection, by what they report. Its count is the number of reconnects.",
    [],
    () => [[{}, stats.away]],
  );
  histogramOf(
    registry,
    "ovation_viewer_clock_error_seconds",
    "The most by which a report's latencies may be wrong, since its client only estimates the gateway's clock.",
    [],
    () => [[{}, stats.clockError]],
  );
  counter("reports_asked", "Connections that were asked to report.", () => stats.asked);
  counter("reports", "Reports of viewers.", () => stats.reports);
  counter(
    "gaps",
    "Times viewers were told that durable events are missing, by what they report.",
    () => stats.missed,
  );
  counter(
    "events_repeated",
    "Events that reached viewers more than once over a connection, by what they report.",
    () => stats.repeated,
  );
  counter(
    "events_recovered",
    "Durable events from while viewers were away, which they got when they were back, by what they report.",
    () => stats.recovered,
  );
  counter(
    "publishes_failed",
    "Publishes of viewers that failed for no fault of theirs, by what they report.",
    () => stats.failed,
  );
}

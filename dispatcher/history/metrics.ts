/** The metrics of the history. */
import type { Registry } from "prom-client";
import type { Histogram } from "../../shared/lib/histogram.ts";
import { countOf, gaugeOf, histogramOf } from "../../shared/runtime/metrics.ts";
import type { History } from "./history.ts";

export function registerHistoryMetrics(registry: Registry, history: History): void {
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

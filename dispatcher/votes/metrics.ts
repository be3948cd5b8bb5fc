/** The metrics of votes. */
import type { Registry } from "prom-client";
import type { Histogram } from "../../shared/lib/histogram.ts";
import { countOf, gaugeOf, histogramOf } from "../../shared/runtime/metrics.ts";
import type { Votes } from "./votes.ts";

export function registerVotesMetrics(registry: Registry, votes: Votes): void {
  const { stats } = votes;
  const counter = (name: string, help: string, read: () => number) =>
    countOf(registry, `ovation_dispatcher_votes_${name}`, help, read);
  const gauge = (name: string, help: string, read: () => number) =>
    gaugeOf(registry, `ovation_dispatcher_votes_${name}`, help, read);
  const histogram = (name: string, help: string, values: Histogram) =>
    histogramOf(registry, `ovation_dispatcher_votes_${name}`, help, [], () => [[{}, values]]);
  counter("stored_total", "Votes stored, changed ones included.", () => stats.votes);
  counter("records_total", "Records stored, which hold one or more votes.", () => stats.records);
  counter("repeats_total", "Votes that were counted already.", () => stats.repeats);
  counter(
    "conflicts_total",
    "Records that another dispatcher was faster with: they are stored after its own.",
    () => stats.conflicts,
  );
  counter("failures_total", "Failed attempts to use the store.", () => stats.failures);
  gauge("waiting", "Votes that wait to be stored.", () => votes.waiting);
  gauge("open_polls", "Polls that have not ended.", () => votes.openPolls);
  gauge("bytes", "Memory that the votes of all polls take here.", () => votes.bytes);
  histogram(
    "append_duration_seconds",
    "Time that JetStream took to store a record; failures are not included.",
    stats.appendSeconds,
  );
  histogram("record_events", "Votes in a record.", stats.recordVotes);
}

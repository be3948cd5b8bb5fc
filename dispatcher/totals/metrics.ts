/** The metrics of totals and timelines. */
import type { Registry } from "prom-client";
import { counterOf, gaugeOf } from "../../shared/runtime/metrics.ts";
import type { Timeline } from "./timeline.ts";
import type { Totals } from "./totals.ts";

export function registerTotalsMetrics(
  registry: Registry,
  totals: Pick<Totals, "waitingCount" | "stats">,
  timeline: Pick<Timeline, "stats">,
): void {
  gaugeOf(
    registry,
    "ovation_dispatcher_totals_waiting_videos",
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
}

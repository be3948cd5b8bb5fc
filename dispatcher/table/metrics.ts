/** The metrics of the subscription table. */
import type { Registry } from "prom-client";
import { counterOf, countOf, gaugeOf, histogramOf } from "../../shared/runtime/metrics.ts";
import type { RouteTable } from "./routes.ts";
import type { SubscriptionTable } from "./subscription-table.ts";

export function registerTableMetrics(
  registry: Registry,
  table: SubscriptionTable,
  routes: RouteTable,
): void {
  const { mirror, announced, observers, leases, sweeper, counts } = table;
  const counter = (name: string, help: string, read: () => number) =>
    countOf(registry, `ovation_dispatcher_${name}`, help, read);
  const gauge = (name: string, help: string, read: () => number) =>
    gaugeOf(registry, `ovation_dispatcher_${name}`, help, read);
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
  gauge("observed_patterns", "Patterns of videos that services observe.", () => observers.size);
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
    "counts_pending",
    "Videos whose viewer count may be sent again.",
    () => counts.pendingCount,
  );
}

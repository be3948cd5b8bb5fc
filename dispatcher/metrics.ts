/** The dispatcher's figures for Prometheus, read from the parts when they are asked for. */
import type { Registry } from "prom-client";
import type { Bus } from "../shared/bus/connection.ts";
import { counterOf, gaugeOf, registerBusMetrics } from "../shared/metrics.ts";
import type { ViewerCounts } from "./counts.ts";
import type { Emitter } from "./emit.ts";
import type { Intake } from "./intake.ts";
import type { Leases } from "./leases.ts";
import type { Mirror } from "./mirror.ts";
import type { RouteTable } from "./routes.ts";
import type { Sweeper } from "./sweep.ts";

interface Parts {
  readonly bus: Bus;
  readonly intake: Intake;
  readonly emitter: Emitter;
  readonly mirror: Mirror;
  readonly routes: RouteTable;
  readonly leases: Leases;
  readonly sweeper: Sweeper;
  readonly counts: ViewerCounts;
}

export function registerDispatcherMetrics(registry: Registry, parts: Parts): void {
  const { intake, emitter, mirror, routes, leases, sweeper, counts } = parts;
  registerBusMetrics(registry, parts.bus);
  const counter = (name: string, help: string, read: () => number) =>
    counterOf(registry, `ovation_dispatcher_${name}`, help, [], () => [[{}, read()]]);
  const gauge = (name: string, help: string, read: () => number) =>
    gaugeOf(registry, `ovation_dispatcher_${name}`, help, read);
  counter("requests_total", "Publish requests taken off the bus.", () => intake.stats.requests);
  counterOf(registry, "ovation_dispatcher_events_total", "Events accepted.", ["class"], () =>
    Object.entries(intake.stats.events).map(([name, count]) => [{ class: name }, count]),
  );
  counterOf(registry, "ovation_dispatcher_refused_total", "Requests refused.", ["code"], () =>
    [...intake.stats.refused].map(([code, count]) => [{ code }, count]),
  );
  counter("messages_total", "Messages sent to Frontends.", () => emitter.stats.messages);
  counter(
    "unwatched_events_total",
    "Events that no Frontend had viewers for.",
    () => emitter.stats.unwatchedEvents,
  );
  counterOf(
    registry,
    "ovation_dispatcher_mirror_mended_total",
    "Rows that reading the table whole had to mend, since the watch had not told them.",
    ["change"],
    () => [
      [{ change: "added" }, mirror.stats.rowsAdded],
      [{ change: "changed" }, mirror.stats.rowsChanged],
      [{ change: "removed" }, mirror.stats.rowsRemoved],
    ],
  );
  counter("table_reads_total", "Times the table was read whole.", () => mirror.stats.reads);
  counter(
    "table_read_failures_total",
    "Times table or leases could not be read.",
    () => mirror.stats.readFailures,
  );
  counter("gateways_dead_total", "Leases that ended.", () => sweeper.stats.gatewaysDead);
  counter("rows_swept_total", "Rows of dead gateways removed.", () => sweeper.stats.rowsSwept);
  counter("sweep_failures_total", "Sweeps to be tried again.", () => sweeper.stats.failures);
  gauge("table_rows", "Rows of the table.", () => routes.rowCount);
  gauge("table_videos", "Videos in the table.", () => routes.videoCount);
  gauge("table_readable", "1 while the table can be read.", () => (mirror.isReadable ? 1 : 0));
  gauge("leases", "Gateways with a lease.", () => leases.count);
  gauge(
    "lease_oldest_age_seconds",
    "Age of the oldest sign of life of any gateway.",
    () => leases.oldestAgeMs() / 1_000,
  );
  gauge("counts_pending", "Videos whose viewers may be told again.", () => counts.pendingCount);
}

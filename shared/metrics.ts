/**
 * Metrics by prom-client. The hot paths count in plain numbers; a counter reads them when Prometheus
 * asks, so that counting costs an addition and no more.
 */
import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import type { Bus } from "./bus/connection.ts";
import { standardLogOutput } from "./log-output.ts";

type Labels = Readonly<Record<string, string>>;

/** A registry with the process's own figures: CPU, memory, event loop, garbage collection. */
export function createRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  counterOf(
    registry,
    "ovation_log_lines_dropped_total",
    "Lines of the log left out, since its reader stood still or had gone.",
    [],
    () => [[{}, standardLogOutput().dropped]],
  );
  return registry;
}

/** A counter whose values are read, not kept: `read` gives each label set with its total so far. */
export function counterOf(
  registry: Registry,
  name: string,
  help: string,
  labelNames: readonly string[],
  read: () => readonly (readonly [Labels, number])[],
): void {
  new Counter({
    name,
    help,
    labelNames: [...labelNames],
    registers: [registry],
    collect() {
      this.reset();
      for (const [labels, value] of read()) this.inc(labels, value);
    },
  });
}

/** A gauge whose value is read when asked for. */
export function gaugeOf(registry: Registry, name: string, help: string, read: () => number): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(read());
    },
  });
}

/** What every role tells of its connection to NATS. */
export function registerBusMetrics(registry: Registry, bus: Bus): void {
  gaugeOf(registry, "ovation_bus_connected", "1 while connected to NATS.", () =>
    bus.state === "connected" ? 1 : 0,
  );
  const counter = (name: string, help: string, read: () => number) =>
    counterOf(registry, name, help, [], () => [[{}, read()]]);
  counter(
    "ovation_bus_reconnects_total",
    "Times NATS was reached again.",
    () => bus.stats.reconnects,
  );
  counter(
    "ovation_bus_lame_ducks_left_total",
    "Times a server that was about to stop was left for another one.",
    () => bus.lameDuck.moves,
  );
  counter(
    "ovation_bus_publishes_refused_total",
    "Messages not sent, since NATS was away or the buffer full.",
    () => bus.stats.publishesRefused,
  );
  counter(
    "ovation_bus_permission_violations_total",
    "Messages and subscriptions that NATS did not permit.",
    () => bus.violations.count,
  );
  counter(
    "ovation_bus_handler_faults_total",
    "Messages whose handler failed.",
    () => bus.stats.handlerFaults,
  );
}

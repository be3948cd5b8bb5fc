/**
 * Metrics by prom-client. The hot paths count in plain numbers; a counter reads them when Prometheus
 * asks, so that counting costs an addition and no more.
 */
import {
  Counter,
  collectDefaultMetrics,
  Gauge,
  Histogram as PromHistogram,
  Registry,
} from "prom-client";
import { type Bus, UNCONFIRMED_LIMIT_BYTES } from "../bus/connection.ts";
import type { Histogram } from "../lib/histogram.ts";
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

/**
 * A counter by one label. Each value that is known to be possible is there from the beginning, at 0:
 * Prometheus would not see the first of a series as an increase.
 */
export function countsBy(
  registry: Registry,
  name: string,
  help: string,
  label: string,
  values: readonly string[],
  counts: ReadonlyMap<string, number>,
): void {
  counterOf(registry, name, help, [label], () =>
    [...new Set([...values, ...counts.keys()])].map((value) => [
      { [label]: value },
      counts.get(value) ?? 0,
    ]),
  );
}

/** A counter without labels whose value is read when asked for. */
export function countOf(registry: Registry, name: string, help: string, read: () => number): void {
  counterOf(registry, name, help, [], () => [[{}, read()]]);
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

/** A gauge with labels; otherwise as {@link counterOf}. */
export function gaugesOf(
  registry: Registry,
  name: string,
  help: string,
  labelNames: readonly string[],
  read: () => readonly (readonly [Labels, number])[],
): void {
  new Gauge({
    name,
    help,
    labelNames: [...labelNames],
    registers: [registry],
    collect() {
      this.reset();
      for (const [labels, value] of read()) this.set(labels, value);
    },
  });
}

/** A label set's histogram as Prometheus reads it: each bucket with all below it. */
function samplesOf(name: string, labels: Labels, { bounds, counts, sum }: Histogram) {
  let count = 0;
  const buckets = [...bounds, "+Inf"].map((le, index) => {
    count += counts[index] ?? 0;
    return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: count };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: count },
  ];
}

/** A histogram for prom-client's registry, whose values are kept elsewhere. */
class ReadHistogram extends PromHistogram {
  readonly #description: { readonly name: string; readonly help: string };
  readonly #read: () => readonly (readonly [Labels, Histogram])[];

  constructor(
    registry: Registry,
    name: string,
    help: string,
    labelNames: readonly string[],
    read: () => readonly (readonly [Labels, Histogram])[],
  ) {
    super({ name, help, labelNames: [...labelNames], registers: [registry] });
    this.#description = { name, help };
    this.#read = read;
  }

  /** What the registry asks for, and what prom-client's own `get` begins with. */
  async getForPromString(): Promise<object> {
    const { name, help } = this.#description;
    const values = this.#read().flatMap(([labels, histogram]) =>
      samplesOf(name, labels, histogram),
    );
    return { name, help, type: "histogram", values, aggregator: "sum" };
  }
}

/** A histogram whose values are read, not kept; as {@link counterOf}. */
export function histogramOf(
  registry: Registry,
  name: string,
  help: string,
  labelNames: readonly string[],
  read: () => readonly (readonly [Labels, Histogram])[],
): void {
  new ReadHistogram(registry, name, help, labelNames, read);
}

const BUS_TRAFFIC = [
  ["ovation_bus_messages_total", "Messages over the connection to NATS.", "inMsgs", "outMsgs"],
  [
    "ovation_bus_bytes_total",
    "Bytes of messages over the connection to NATS.",
    "inBytes",
    "outBytes",
  ],
] as const;

/** What every role tells of its connection to NATS. */
export function registerBusMetrics(registry: Registry, bus: Bus): void {
  gaugeOf(registry, "ovation_bus_connected", "1 while connected to NATS.", () =>
    bus.state === "connected" ? 1 : 0,
  );
  gaugeOf(
    registry,
    "ovation_bus_unconfirmed_bytes",
    "What was sent and not yet confirmed by NATS.",
    () => bus.unconfirmedBytes,
  );
  gaugeOf(
    registry,
    "ovation_bus_unconfirmed_limit_bytes",
    "How much that may be; beyond it nothing more is sent.",
    () => UNCONFIRMED_LIMIT_BYTES,
  );
  gaugeOf(
    registry,
    "ovation_bus_requests_in_flight",
    "Requests that wait for their answer.",
    () => bus.requestsInFlight,
  );
  for (const [name, help, inward, outward] of BUS_TRAFFIC) {
    counterOf(registry, name, help, ["direction"], () => {
      const { traffic } = bus;
      return [
        [{ direction: "in" }, traffic[inward]],
        [{ direction: "out" }, traffic[outward]],
      ];
    });
  }
  const counter = (name: string, help: string, read: () => number) =>
    countOf(registry, name, help, read);
  counter(
    "ovation_bus_reconnects_total",
    "Times NATS was reached again.",
    () => bus.stats.reconnects,
  );
  counter("ovation_bus_disconnects_total", "Times NATS was lost.", () => bus.stats.disconnects);
  counter(
    "ovation_bus_errors_total",
    "Errors that NATS reported, missing rights aside.",
    () => bus.stats.errors,
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

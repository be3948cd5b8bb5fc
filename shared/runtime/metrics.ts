/**
 * Metrics by prom-client. The hot paths count in plain numbers, and a counter reads them at each
 * scrape, so that counting costs no more than an addition.
 */
import {
  Counter,
  collectDefaultMetrics,
  Gauge,
  Histogram as PromHistogram,
  Registry,
} from "prom-client";
import type { Bus } from "../bus/connection.ts";
import { UNCONFIRMED_LIMIT_BYTES } from "../bus/unconfirmed.ts";
import type { Exemplar, Histogram } from "../lib/histogram.ts";
import { standardLogOutput } from "./log-output.ts";

type Labels = Readonly<Record<string, string>>;

/** A registry with the process's own metrics: CPU, memory, event loop, garbage collection. */
export function createRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  counterOf(
    registry,
    "ovation_log_lines_dropped_total",
    "Log lines dropped, since the reader was stuck or gone.",
    [],
    () => [[{}, standardLogOutput().dropped]],
  );
  return registry;
}

/** A counter whose values are read at each scrape: `read` gives each label set with its total. */
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
 * A counter by one label. Each value that is known to be possible is exposed from the start, at 0:
 * otherwise Prometheus would not see the first count of a series as an increase.
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

/** As {@link countsBy}, of several groups: the first label names the group. */
export function groupedCountsBy(
  registry: Registry,
  name: string,
  help: string,
  [groupLabel, label]: readonly [string, string],
  values: readonly string[],
  groups: Readonly<Record<string, ReadonlyMap<string, number>>>,
): void {
  counterOf(registry, name, help, [groupLabel, label], () =>
    Object.entries(groups).flatMap(([group, counts]) =>
      [...new Set([...values, ...counts.keys()])].map(
        (value) => [{ [groupLabel]: group, [label]: value }, counts.get(value) ?? 0] as const,
      ),
    ),
  );
}

/** A counter without labels whose value is read at each scrape. */
export function countOf(registry: Registry, name: string, help: string, read: () => number): void {
  counterOf(registry, name, help, [], () => [[{}, read()]]);
}

/** A gauge whose value is read at each scrape. */
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

/** In prom-client's form. */
function exemplarOf({ value, traceId, at }: Exemplar) {
  return { labelSet: { trace_id: traceId }, value, timestamp: at / 1_000 };
}

/** A label set's histogram in Prometheus's form: each bucket includes all below it. */
function samplesOf(name: string, labels: Labels, { bounds, counts, exemplars, sum }: Histogram) {
  // prom-client's own samples share labels with others.
  const sampleOf = (suffix: string, own: object, value: number) => ({
    metricName: `${name}_${suffix}`,
    labels: own,
    sharedLabels: {},
    value,
  });
  let count = 0;
  const buckets = [...bounds, "+Inf"].map((le, index) => {
    count += counts[index] ?? 0;
    const bucket = sampleOf("bucket", { ...labels, le }, count);
    const exemplar = exemplars[index];
    return exemplar === undefined ? bucket : { ...bucket, exemplar: exemplarOf(exemplar) };
  });
  return [...buckets, sampleOf("sum", labels, sum), sampleOf("count", labels, count)];
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

  /** Called by the registry, and by prom-client's own `get`. */
  async getForPromString(): Promise<object> {
    const { name, help } = this.#description;
    const values = this.#read().flatMap(([labels, histogram]) =>
      samplesOf(name, labels, histogram),
    );
    return { name, help, type: "histogram", values, aggregator: "sum" };
  }
}

/** A histogram whose values are read at each scrape; as {@link counterOf}. */
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

/** Registers every role's metrics of its connection to NATS. */
export function registerBusMetrics(registry: Registry, bus: Bus): void {
  gaugeOf(registry, "ovation_bus_connected", "1 while connected to NATS.", () =>
    bus.state === "connected" ? 1 : 0,
  );
  gaugeOf(
    registry,
    "ovation_bus_unconfirmed_bytes",
    "Bytes sent and not yet confirmed by NATS.",
    () => bus.unconfirmedBytes,
  );
  gaugeOf(
    registry,
    "ovation_bus_unconfirmed_limit_bytes",
    "Limit of unconfirmed bytes; beyond it nothing more is sent.",
    () => UNCONFIRMED_LIMIT_BYTES,
  );
  gaugeOf(
    registry,
    "ovation_bus_requests_in_flight",
    "Requests that wait for an answer.",
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
  counter("ovation_bus_reconnects_total", "Reconnects to NATS.", () => bus.stats.reconnects);
  counter(
    "ovation_bus_disconnects_total",
    "Times the connection to NATS was lost.",
    () => bus.stats.disconnects,
  );
  counter(
    "ovation_bus_errors_total",
    "Errors that NATS reported, other than missing permissions.",
    () => bus.stats.errors,
  );
  counter(
    "ovation_bus_lame_ducks_left_total",
    "Times the process left a server in lame-duck mode for another one.",
    () => bus.lameDuck.moves,
  );
  counter(
    "ovation_bus_publishes_refused_total",
    "Messages not sent, since NATS was unreachable or the buffer was full.",
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

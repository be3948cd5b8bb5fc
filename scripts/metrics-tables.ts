/** Every metric of all roles, read from the code that registers them, and as tables for docs/metrics.md. */
import { Registry } from "prom-client";
import { registerDispatcherMetrics } from "../dispatcher/index.ts";
import { registerGatewayMetrics, registerLimitMetrics } from "../gateway/index.ts";
import { registerHooksMetrics } from "../hooks/index.ts";
import { registerHealth } from "../shared/runtime/health-metrics.ts";
import { registerKinds } from "../shared/runtime/live-kinds.ts";
import { createRegistry } from "../shared/runtime/metrics.ts";
import { registerStores } from "../shared/runtime/stores-check.ts";

/** A metric as Prometheus scrapes it. */
export interface MetricInfo {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram" | "summary";
  readonly labelNames: readonly string[];
  readonly help: string;
}

/**
 * A stand-in for any part of a process: it has every property, and each is such a stand-in again.
 * Values are read only when Prometheus scrapes, which does not happen here.
 */
function unread<T>(): T {
  const part: unknown = new Proxy({}, { get: () => part });
  return part as T;
}

const isOvations = /^ovation_/;

function metricsOf(registry: Registry): MetricInfo[] {
  // prom-client's types omit the labels, and declare the type as a number.
  const metrics: unknown[] = registry.getMetricsAsArray();
  return metrics as MetricInfo[];
}

/** All metrics that a gateway can have, including those that it has only with TLS or a key set. */
export function gatewayMetrics(): MetricInfo[] {
  const registry = new Registry();
  registerHealth(registry, "gateway", unread());
  registerStores(registry, unread());
  registerKinds(registry, unread());
  registerGatewayMetrics(registry, unread());
  registerLimitMetrics(registry, unread());
  return [...commonMetrics(), ...metricsOf(registry)];
}

export function dispatcherMetrics(): MetricInfo[] {
  const registry = new Registry();
  registerHealth(registry, "dispatcher", unread());
  registerStores(registry, unread());
  registerKinds(registry, unread());
  registerDispatcherMetrics(registry, unread());
  return [...commonMetrics(), ...metricsOf(registry)];
}

export function hooksMetrics(): MetricInfo[] {
  const registry = new Registry();
  registerHealth(registry, "hooks", unread());
  registerHooksMetrics(registry, unread());
  return [...commonMetrics(), ...metricsOf(registry)];
}

/** prom-client's metrics of any process. */
export function processMetrics(): MetricInfo[] {
  return metricsOf(createRegistry()).filter(({ name }) => !isOvations.test(name));
}

/** Ovation's metrics of any process. */
function commonMetrics(): MetricInfo[] {
  return metricsOf(createRegistry()).filter(({ name }) => isOvations.test(name));
}

const UNITS = ["seconds", "bytes", "events"] as const;

function unitOf({ name }: MetricInfo): string {
  const base = name.replace(/_total$/, "");
  return UNITS.find((unit) => base.endsWith(`_${unit}`)) ?? "";
}

function table(metrics: readonly MetricInfo[]): string {
  const rows = metrics
    .toSorted((one, other) => one.name.localeCompare(other.name, "en"))
    .map((metric) => {
      const { name, type, labelNames, help } = metric;
      const labels = labelNames.map((label) => `\`${label}\``).join(", ");
      return `| \`${name}\` | ${type} | ${labels} | ${unitOf(metric)} | ${help.replaceAll("|", "\\|")} |`;
    });
  return ["| name | type | labels | unit | |", "| --- | --- | --- | --- | --- |", ...rows, ""].join(
    "\n",
  );
}

/** Only gateways hear from viewers. */
const ofRole = /^ovation_(gateway|dispatcher|hooks|viewer)_/;

export function commonTable(): string {
  const all = [...gatewayMetrics(), ...dispatcherMetrics(), ...hooksMetrics()];
  const common = new Map(all.map((metric) => [metric.name, metric]));
  return table([...common.values()].filter(({ name }) => !ofRole.test(name)));
}

export function gatewayTable(): string {
  return table(gatewayMetrics().filter(({ name }) => ofRole.test(name)));
}

export function dispatcherTable(): string {
  return table(dispatcherMetrics().filter(({ name }) => ofRole.test(name)));
}

export function hooksTable(): string {
  return table(hooksMetrics().filter(({ name }) => ofRole.test(name)));
}

export function processTable(): string {
  return table(processMetrics());
}

/** What users of Ovation's metrics can rely on: https://prometheus.io/docs/practices/naming/ */
import { describe, expect, test } from "vitest";
import { dispatcherMetrics, gatewayMetrics, type MetricInfo } from "./metrics-tables.ts";

const roles = { gateway: gatewayMetrics(), dispatcher: dispatcherMetrics() };
const all: MetricInfo[] = Object.values(roles).flat();

/** Labels with a handful of values each. None is a video, an actor, an address or an id. */
const BOUNDED_LABELS = [
  "act",
  "verdict",
  "change",
  "class",
  "code",
  "condition",
  "direction",
  "from",
  "hop",
  "limit",
  "reason",
  "role",
  "signal",
  "step",
  "store",
  "stream",
  "version",
  "what",
  "wire",
];

test("both roles have metrics", () => {
  expect(roles.gateway.length).toBeGreaterThan(50);
  expect(roles.dispatcher.length).toBeGreaterThan(30);
});

describe.each(Object.entries(roles))("every metric of a %s", (role, metrics) => {
  test("is named after Ovation, in snake case, and not after the other role", () => {
    const names = metrics.map(({ name }) => name);
    const other = role === "gateway" ? "dispatcher" : "gateway";
    expect(names.filter((name) => !/^ovation(_[a-z0-9]+)+$/.test(name))).toEqual([]);
    expect(names.filter((name) => name.startsWith(`ovation_${other}_`))).toEqual([]);
  });

  test("ends in _total if it is a counter, and only then", () => {
    const wrong = metrics.filter(
      ({ name, type }) => name.endsWith("_total") !== (type === "counter"),
    );
    expect(wrong.map(({ name }) => name)).toEqual([]);
  });

  test("is in base units: seconds and bytes", () => {
    const scaled = /_(ms|millis|milliseconds?|us|micros|ns|minutes|hours|days|kb|mb|kib|mib)(_|$)/;
    expect(metrics.filter(({ name }) => scaled.test(name)).map(({ name }) => name)).toEqual([]);
  });

  test("ends in its unit if it is a histogram", () => {
    const histograms = metrics.filter(({ type }) => type === "histogram");
    const unnamed = histograms.filter(({ name }) => !/_(seconds|bytes|events)$/.test(name));
    expect(histograms).not.toEqual([]);
    expect(unnamed.map(({ name }) => name)).toEqual([]);
  });

  test("has only labels with few values", () => {
    const labels = new Set(metrics.flatMap(({ labelNames }) => labelNames));
    expect([...labels].filter((label) => !BOUNDED_LABELS.includes(label))).toEqual([]);
  });

  test("has a sentence of help", () => {
    const unexplained = metrics.filter(({ help }) => !/^[A-Z0-9].*[.]$/.test(help));
    expect(unexplained.map(({ name }) => name)).toEqual([]);
  });
});

test("metrics of both roles mean the same in both", () => {
  const helps = Map.groupBy(all, ({ name }) => name);
  const ambiguous = [...helps].filter(
    ([, metrics]) => new Set(metrics.map(({ help }) => help)).size > 1,
  );
  expect(ambiguous.map(([name]) => name)).toEqual([]);
});

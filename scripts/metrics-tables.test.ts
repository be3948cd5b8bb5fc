/** What whoever scrapes Ovation can rely on: https://prometheus.io/docs/practices/naming/ */
import { describe, expect, test } from "vitest";
import { dispatcherMetrics, gatewayMetrics, type MetricInfo } from "./metrics-tables.ts";

const roles = { gateway: gatewayMetrics(), dispatcher: dispatcherMetrics() };
const all: MetricInfo[] = Object.values(roles).flat();

/** Labels with a handful of values each. None is a video, an actor, an address or an id. */
const BOUNDED_LABELS = [
  "change",
  "class",
  "code",
  "condition",
  "direction",
  "hop",
  "limit",
  "reason",
  "role",
  "signal",
  "step",
  "version",
  "what",
  "wire",
];

test("there are metrics of both roles", () => {
  expect(roles.gateway.length).toBeGreaterThan(50);
  expect(roles.dispatcher.length).toBeGreaterThan(30);
});

describe.each(Object.entries(roles))("every metric of a %s", (role, metrics) => {
  test("is named after Ovation, in snake case, and after its role or for both", () => {
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

  test("names its unit at its end if it is a histogram", () => {
    const histograms = metrics.filter(({ type }) => type === "histogram");
    const unnamed = histograms.filter(({ name }) => !/_(seconds|bytes|events)$/.test(name));
    expect(histograms).not.toEqual([]);
    expect(unnamed.map(({ name }) => name)).toEqual([]);
  });

  test("has only labels whose values are few", () => {
    const labels = new Set(metrics.flatMap(({ labelNames }) => labelNames));
    expect([...labels].filter((label) => !BOUNDED_LABELS.includes(label))).toEqual([]);
  });

  test("says in a sentence what it is", () => {
    const mute = metrics.filter(({ help }) => !/^[A-Z0-9].*[.]$/.test(help));
    expect(mute.map(({ name }) => name)).toEqual([]);
  });
});

test("what both roles have means the same at both", () => {
  const helps = Map.groupBy(all, ({ name }) => name);
  const various = [...helps].filter(
    ([, metrics]) => new Set(metrics.map(({ help }) => help)).size > 1,
  );
  expect(various.map(([name]) => name)).toEqual([]);
});

/** Dashboard and alerts, evaluated by a real Prometheus that scrapes a real stack with traffic. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readRules } from "../../deploy/observability/alerts.ts";
import { dashboardFile } from "../../deploy/observability/dashboard.ts";
import { dispatcherMetrics, gatewayMetrics, hooksMetrics } from "../../scripts/metrics-tables.ts";
import { TestAuthority } from "../support/certificates.ts";
import { eventually } from "../support/eventually.ts";
import { HookReceiver } from "../support/hook-receiver.ts";
import { TestHooks } from "../support/hooks.ts";
import { KeySetServer } from "../support/key-set.ts";
import { requestedNatsKind } from "../support/nats-kind.ts";
import {
  hasPrometheus,
  promtool,
  RULES,
  RULES_TEST,
  type Sample,
  TestPrometheus,
} from "../support/prometheus.ts";
import { TestStack } from "../support/stack.ts";
import { newTrace } from "../support/traces.ts";
import { Traffic } from "../support/traffic.ts";

const SOON = { timeout: 60_000, interval: 500 };
/** Scrapes are a second apart. */
const RATE_INTERVAL = "10s";

interface Target {
  readonly expr: string;
}
interface DashboardPanel {
  readonly title: string;
  readonly targets?: readonly Target[];
}

/** Every query of the dashboard, as Grafana sends it when all processes are selected. */
function dashboardQueries(): (readonly [panel: string, expr: string])[] {
  const { panels } = JSON.parse(dashboardFile()) as { readonly panels: readonly DashboardPanel[] };
  return panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => {
      const asked = expr
        .replaceAll(/\$(instance|namespace|job)\b/g, ".*")
        .replaceAll("$__rate_interval", RATE_INTERVAL);
      return [title, asked] as const;
    }),
  );
}

/** Names of metrics in an expression, including recorded ones. */
function namesIn(expr: string): string[] {
  const unquoted = expr.replaceAll(/"[^"]*"/g, '""');
  return (
    unquoted.match(/\b(ovation|process|nodejs|hop:|instance:|job:)[a-zA-Z0-9_:]*|\bup\b/g) ?? []
  );
}

/** The metric that a series belongs to: a histogram has several series. */
function metricOf(series: string, histograms: ReadonlySet<string>): string {
  const base = series.replace(/_(bucket|sum|count)$/, "");
  return histograms.has(base) ? base : series;
}

describe.skipIf(!hasPrometheus)("on a running stack", () => {
  let stack: TestStack;
  let traffic: Traffic;
  let hooks: TestHooks;
  let receiver: HookReceiver;
  let prometheus: TestPrometheus;
  let keySet: KeySetServer;
  let authority: TestAuthority;

  beforeAll(async () => {
    const gateway = { viewerReportsOneIn: 1, viewerReportsIntervalMs: 1_000 };
    stack = await TestStack.start({ gateways: 2, dispatchers: 2, gateway });
    authority = await TestAuthority.make();
    const { certFile: tlsCertFile, keyFile: tlsKeyFile } = await authority.certificate("live", 30);
    keySet = await KeySetServer.start();
    const authJwksUrl = keySet.url;
    // Has the metrics that only such a gateway exposes; it has no viewers.
    await stack.addGateway({ open: false, authJwksUrl, tlsCertFile, tlsKeyFile });
    receiver = new HookReceiver();
    await receiver.start();
    hooks = new TestHooks(stack.nats.url);
    const instance = await hooks.active(hooks.settings(receiver));
    traffic = await Traffic.start(stack.gatewayAt(0).port, stack.gatewayAt(1).port);
    const nodes = [...stack.gateways, ...stack.dispatchers, instance];
    prometheus = await TestPrometheus.start(nodes.map(({ opsPort }) => opsPort));
    await eventually(async () => (await prometheus.query("up == 1")).length === nodes.length);
  });
  afterAll(async () => {
    await prometheus?.stop();
    await traffic?.stop();
    await hooks?.stop();
    await receiver?.stop();
    await stack?.stop();
    await keySet?.stop();
    await authority?.remove();
  });

  // 2.9 does not say when it stored a row.
  const shownHere = dashboardQueries().filter(
    ([, expr]) => requestedNatsKind() !== "2.9" || !expr.includes("mirror_lag"),
  );
  test.each(shownHere)("the panel %s shows something: %s", async (_, expr) => {
    const numbers = (samples: readonly Sample[]) =>
      samples.filter(({ value }) => !Number.isNaN(value)).length;
    const shown = async () => numbers(await prometheus.query(expr));
    await expect.poll(shown, SOON).toBeGreaterThan(0);
  });

  test("every panel has a description", () => {
    const { panels } = JSON.parse(dashboardFile()) as { panels: readonly Record<string, string>[] };
    const shown = panels.filter(({ type }) => type !== "row");
    expect(shown.filter(({ description }) => (description ?? "").length < 10)).toEqual([]);
  });

  test("every metric in dashboard and rules exists", async () => {
    const { alerts, records } = readRules();
    const exprs = [
      ...dashboardQueries().map(([, expr]) => expr),
      ...alerts.map(({ expr }) => expr),
      ...records.map(({ expr }) => expr),
    ];
    const used = new Set(exprs.flatMap(namesIn));
    expect(used.size).toBeGreaterThan(80);
    const missing = async () => {
      const names = await prometheus.names();
      return [...used].filter((name) => !names.has(name));
    };
    await expect.poll(missing, SOON).toEqual([]);
  });

  test("every alert can be evaluated, and none fires while all is well", async () => {
    const { alerts } = readRules();
    expect(alerts.length).toBeGreaterThan(20);
    for (const { expr } of alerts) await prometheus.query(expr);
    expect(await prometheus.firing()).toEqual([]);
  });

  test("docs/metrics.md has every metric that is exposed, and no other", async () => {
    const documented = [...gatewayMetrics(), ...dispatcherMetrics(), ...hooksMetrics()];
    const histograms = new Set(
      documented.filter(({ type }) => type === "histogram").map(({ name }) => name),
    );
    const series = [...(await prometheus.names())].filter((name) => /^ovation_[^:]*$/.test(name));
    const exposed = new Set(series.map((name) => metricOf(name, histograms)));
    expect([...exposed].sort()).toEqual([...new Set(documented.map(({ name }) => name))].sort());
  });

  test("promtool finds no fault in the exposed metrics", async () => {
    for (const { opsPort } of [...stack.gateways, ...stack.dispatchers]) {
      const text = await (await fetch(`http://127.0.0.1:${opsPort}/metrics`)).text();
      // prom-client's own metrics have other names.
      const ours = text.split("\n\n").filter((metric) => metric.startsWith("# HELP ovation_"));
      expect(ours.length).toBeGreaterThan(40);
      await promtool(["check", "metrics"], `${ours.join("\n").trimEnd()}\n`);
    }
  });

  test("a slow hop leads to the trace that was recorded of it", async () => {
    const { traceparent, traceId } = newTrace();
    const headers = { "content-type": "application/json", traceparent };
    const url = `http://127.0.0.1:${stack.gatewayAt(0).port}/v1/videos/traced/events`;
    await fetch(url, { method: "POST", headers, body: '{"kind":"comment"}' });
    for (const series of [
      'hop_duration_seconds_bucket{hop="publish"}',
      "gateway_publish_answer_duration_seconds_bucket",
    ]) {
      await expect.poll(() => prometheus.traces(`ovation_${series}`), SOON).toContain(traceId);
    }
  });

  test("no hop shows clock skew on one machine", async () => {
    const [skew] = await prometheus.query("sum(ovation_hop_clock_skew_total)");
    expect(skew?.value).toBe(0);
    const [passed] = await prometheus.query("sum(ovation_hop_duration_seconds_count)");
    expect(passed?.value).toBeGreaterThan(0);
  });
});

describe.skipIf(!hasPrometheus)("the rules", () => {
  test("pass promtool's check", async () => {
    expect(await promtool(["check", "rules", RULES])).toContain("SUCCESS");
  });

  test("fire when they should, and not before", async () => {
    expect(await promtool(["test", "rules", RULES_TEST])).toContain("SUCCESS");
  });
});

/**
 * What alerts are made to fire on: real gateways and dispatchers, a Prometheus that scrapes them every
 * second, and an Alertmanager. Windows and `for` are shorter by a factor.
 */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jetstreamManager, type StreamConfig, type StreamState } from "@nats-io/jetstream";
import { expect } from "vitest";
import { TestAlertmanager } from "../support/alertmanager.ts";
import { eventually } from "../support/eventually.ts";
import { connectTo } from "../support/nats-users.ts";
import { TestPrometheus } from "../support/prometheus.ts";
import { TestStack } from "../support/stack.ts";
import { post } from "../support/viewer.ts";
import { fasterRules } from "./faster-rules.ts";
import { KINDS } from "./kinds.ts";

export const FACTOR = Number(process.env["OVATION_ALERTS_FACTOR"] ?? 10);
/** Two minutes after recovery, by the same factor. */
const GONE_WITHIN_MS = 120_000 / FACTOR;
/** What is as slow as ever: reconnects, leases, probes and scrapes of a busy machine. */
const PATIENCE_MS = 20_000;
export const LEASE = { leaseMs: 2_000, leaseRenewMs: 500 };
const POLL = { timeout: 120_000, interval: 200 };

/** How long it took an alert to fire, and to go away after recovery, in seconds. */
export interface Firing {
  readonly alert: string;
  readonly firedAfterS: number;
  readonly goneAfterS: number;
}

/** Of a stream's settings, perhaps by what it holds. */
type Change = Partial<StreamConfig> | ((state: StreamState) => Partial<StreamConfig>);

interface Target {
  readonly opsPort: number;
}

const inS = (ms: number) => Math.round(ms / 100) / 10;

export class AlertStage {
  readonly stack: TestStack;
  readonly prometheus: TestPrometheus;
  readonly alertmanager: TestAlertmanager;
  readonly report: Firing[] = [];
  /** Processes that are scraped besides those of the stack. */
  readonly others = new Set<Target>();
  #publishing: NodeJS.Timeout | undefined;

  private constructor(
    stack: TestStack,
    prometheus: TestPrometheus,
    alertmanager: TestAlertmanager,
  ) {
    this.stack = stack;
    this.prometheus = prometheus;
    this.alertmanager = alertmanager;
  }

  /** Starts it all, with likes and comments all the time. */
  static async start(): Promise<AlertStage> {
    const stack = await TestStack.start({
      gateways: 2,
      dispatchers: 2,
      gateway: { ...LEASE, kinds: KINDS },
      dispatcher: { ...LEASE, kinds: KINDS, storeQueueLimit: 20, reviewBudgetMs: 200 },
      nats: { keepStore: true },
    });
    const rules = join(mkdtempSync(join(tmpdir(), "ovation-alerts-")), "rules.yaml");
    writeFileSync(rules, fasterRules(FACTOR));
    const alertmanager = await TestAlertmanager.start(FACTOR);
    const { address } = alertmanager;
    const ports = [...stack.gateways, ...stack.dispatchers].map(({ opsPort }) => opsPort);
    const prometheus = await TestPrometheus.start(ports, { rules, alertmanager: address });
    const stage = new AlertStage(stack, prometheus, alertmanager);
    stage.publishAll("like", "comment");
    await stage.scrapeAll();
    return stage;
  }

  async stop(): Promise<void> {
    clearInterval(this.#publishing);
    await this.prometheus.stop();
    await this.alertmanager.stop();
    await this.stack.stop();
  }

  /** Publishes one of each of these five times a second, whatever becomes of them. */
  publishAll(...kinds: readonly string[]): void {
    clearInterval(this.#publishing);
    this.#publishing = setInterval(() => {
      const [gateway] = this.stack.gateways;
      if (gateway === undefined) return;
      for (const kind of kinds) {
        const data = kind === "vote" ? { poll: "p", choice: 0 } : { text: String(Date.now()) };
        const event = { kind, data, ...(kind === "vote" ? { actor: `a${Date.now()}` } : {}) };
        void post(gateway.port, "busy", event).catch(() => undefined);
      }
    }, 200);
  }

  /** Scrapes what there is now, and waits until all answer. */
  async scrapeAll(): Promise<void> {
    const { gateways, dispatchers } = this.stack;
    const ports = [...gateways, ...dispatchers, ...this.others].map(({ opsPort }) => opsPort);
    await this.prometheus.scrape(ports);
    await eventually(async () => (await this.prometheus.query("up == 1")).length === ports.length);
  }

  /** @param alerts all of which must fire, and go away in time */
  async fires(
    alerts: readonly string[],
    cause: () => Promise<unknown>,
    recover: () => Promise<unknown>,
  ): Promise<void> {
    const firing = async () =>
      (await this.prometheus.firing()).filter((name) => alerts.includes(name));
    await expect.poll(firing, POLL).toEqual([]);
    const since = performance.now();
    await cause();
    const fired = new Map<string, number>();
    const missing = async () => {
      for (const name of await firing()) {
        if (!fired.has(name)) fired.set(name, performance.now() - since);
      }
      return alerts.filter((name) => !fired.has(name));
    };
    try {
      await expect.poll(missing, POLL).toEqual([]);
    } finally {
      await recover();
    }
    const recovered = performance.now();
    const gone = new Map<string, number>();
    const left = async () => {
      const still = await firing();
      const ended = alerts.filter((name) => !still.includes(name) && !gone.has(name));
      for (const name of ended) gone.set(name, performance.now() - recovered);
      return still;
    };
    await expect.poll(left, POLL).toEqual([]);
    for (const alert of alerts) {
      const [firedAfterMs = 0, goneAfterMs = 0] = [fired.get(alert), gone.get(alert)];
      this.report.push({ alert, firedAfterS: inS(firedAfterMs), goneAfterS: inS(goneAfterMs) });
    }
    expect(Math.max(...gone.values())).toBeLessThan(GONE_WITHIN_MS + PATIENCE_MS);
  }

  /** As {@link fires}, by changes of streams, which are undone. */
  async firesBy(
    alerts: readonly string[],
    changes: Readonly<Record<string, Change>>,
  ): Promise<void> {
    const before = new Map<string, StreamConfig>();
    const cause = async () => {
      for (const [stream, to] of Object.entries(changes)) {
        before.set(stream, await this.#edit(stream, to));
      }
    };
    await this.fires(alerts, cause, async () => {
      for (const [stream, config] of before) await this.#edit(stream, config);
    });
  }

  /** @returns what it was */
  async #edit(stream: string, change: Change): Promise<StreamConfig> {
    const connection = await connectTo(this.stack.nats.url);
    try {
      const { streams } = await jetstreamManager(connection);
      const { config, state } = await streams.info(stream);
      const to = typeof change === "function" ? change(state) : change;
      await streams.update(stream, { ...config, ...to });
      return config;
    } finally {
      await connection.close();
    }
  }
}

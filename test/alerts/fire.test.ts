/**
 * The shipped alerts, made to fire by what they are about, in a Prometheus that scrapes real processes
 * every second. Windows and `for` are shorter by a factor, which is printed with how long each took.
 */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DiscardPolicy, jetstreamManager, type StreamConfig } from "@nats-io/jetstream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readRules } from "../../deploy/observability/alerts.ts";
import { HISTORY_STREAM } from "../../shared/protocol/subjects.ts";
import { TestAuthority } from "../support/certificates.ts";
import { eventually } from "../support/eventually.ts";
import { connectTo } from "../support/nats-users.ts";
import { hasPrometheus, TestPrometheus } from "../support/prometheus.ts";
import { TestStack } from "../support/stack.ts";
import { post, TestSocket, watch } from "../support/viewer.ts";
import { fasterRules } from "./faster-rules.ts";

const FACTOR = Number(process.env["OVATION_ALERTS_FACTOR"] ?? 10);
/** Two minutes after recovery, by the same factor. */
const GONE_WITHIN_MS = 120_000 / FACTOR;
const LEASE = { leaseMs: 2_000, leaseRenewMs: 500 };

const report: { alert: string; firedAfterS: number; goneAfterS: number }[] = [];

describe.skipIf(!hasPrometheus)(
  "an alert fires for its cause, and goes away after recovery",
  () => {
    let stack: TestStack;
    let prometheus: TestPrometheus;
    let authority: TestAuthority;
    let publishing: NodeJS.Timeout | undefined;

    beforeAll(async () => {
      authority = await TestAuthority.make();
      const options = { gateways: 2, dispatchers: 2, gateway: LEASE, dispatcher: LEASE };
      stack = await TestStack.start({ ...options, nats: { keepStore: true } });
      const rules = join(mkdtempSync(join(tmpdir(), "ovation-alerts-")), "rules.yaml");
      writeFileSync(rules, fasterRules(FACTOR));
      prometheus = await TestPrometheus.start(ports(), { rules });
      publishing = setInterval(publish, 200);
      await eventually(async () => (await prometheus.query("up == 1")).length === 4);
    });
    afterAll(async () => {
      clearInterval(publishing);
      await prometheus?.stop();
      await stack?.stop();
      await authority?.remove();
      const made = new Set(report.map(({ alert }) => alert));
      const left = readRules().alerts.filter(({ alert }) => !made.has(alert));
      const lines = report.map(
        ({ alert, firedAfterS, goneAfterS }) =>
          `${alert}: fired after ${firedAfterS} s, gone after ${goneAfterS} s`,
      );
      process.stdout.write(
        `Windows and for: shorter by ${FACTOR}.\n${lines.join("\n")}\nNot made to fire here: ${left.map(({ alert }) => alert).join(", ")}\n`,
      );
    });

    const ports = () => [...stack.gateways, ...stack.dispatchers].map(({ opsPort }) => opsPort);

    /** Likes and comments all the time, whatever becomes of them. */
    function publish(): void {
      const [gateway] = stack.gateways;
      if (gateway === undefined) return;
      for (const kind of ["like", "comment"]) {
        void post(gateway.port, "busy", { kind }).catch(() => undefined);
      }
    }

    /** @param alerts all of which must fire, and go away in time */
    async function fires(
      alerts: readonly string[],
      cause: () => Promise<unknown>,
      recover: () => Promise<unknown>,
    ): Promise<void> {
      await expect
        .poll(() => prometheus.firing(), { timeout: 60_000 })
        .not.toEqual(expect.arrayContaining([expect.stringMatching(alerts.join("|"))]));
      const since = performance.now();
      await cause();
      const fired = new Map<string, number>();
      const all = async () => {
        for (const name of await prometheus.firing()) {
          if (alerts.includes(name) && !fired.has(name)) fired.set(name, performance.now() - since);
        }
        return alerts.filter((name) => !fired.has(name));
      };
      try {
        await expect.poll(all, { timeout: 120_000, interval: 200 }).toEqual([]);
      } finally {
        await recover();
      }
      const recovered = performance.now();
      for (const alert of alerts) {
        const isGone = async () => !(await prometheus.firing()).includes(alert);
        await expect.poll(isGone, { timeout: 120_000, interval: 200 }).toBe(true);
        const goneMs = performance.now() - recovered;
        const inS = (ms: number) => Math.round(ms / 100) / 10;
        report.push({ alert, firedAfterS: inS(fired.get(alert) ?? 0), goneAfterS: inS(goneMs) });
      }
      // What is true for real: reconnects, leases and probes are not faster.
      const slowest = performance.now() - recovered;
      expect(slowest).toBeLessThan(GONE_WITHIN_MS + 20_000);
    }

    /** Changes the history's stream; returns what undoes it. */
    async function edit(changes: Partial<StreamConfig>): Promise<() => Promise<void>> {
      const update = async (to: Partial<StreamConfig>) => {
        const connection = await connectTo(stack.nats.url);
        const { streams } = await jetstreamManager(connection);
        const { config } = await streams.info(HISTORY_STREAM);
        await streams.update(HISTORY_STREAM, { ...config, ...to });
        await connection.close();
        return config;
      };
      const before = await update(changes);
      return async () => void (await update(before));
    }

    /** As {@link fires}, by a change of the history's stream. */
    async function firesBy(
      alerts: readonly string[],
      changes: Partial<StreamConfig>,
    ): Promise<void> {
      let undo = async () => {};
      const cause = async () => {
        undo = await edit(changes);
      };
      await fires(alerts, cause, () => undo());
    }

    test("NATS is away", async () => {
      await fires(
        [
          "OvationNatsAway",
          "OvationNotReady",
          "OvationStoreSilent",
          "OvationCommentsUnstorable",
          "OvationGatewayCutOff",
          "OvationPublishingFails",
        ],
        () => stack.nats.kill9(),
        () => stack.nats.restart(),
      );
    });

    test("the history refuses to store", async () => {
      const alerts = ["OvationCommentsUnstorable", "OvationPublishingFails"];
      await firesBy(alerts, { discard: DiscardPolicy.New, max_msgs: 1 });
    });

    test("a store drops its oldest early", async () => {
      await firesBy(["OvationStoreDropsEarly"], { max_bytes: 2_000 });
    });

    test("the last dispatcher is gone", async () => {
      await fires(
        ["OvationNoDispatcher"],
        async () => {
          for (const dispatcher of stack.dispatchers.splice(0)) await dispatcher.stop();
          await prometheus.scrape(ports());
        },
        async () => {
          await stack.addDispatcher();
          await stack.addDispatcher();
          await prometheus.scrape(ports());
        },
      );
    });

    test("a gateway is lost, and doesn't answer Prometheus", async () => {
      const lost = await stack.addGateway(LEASE);
      await prometheus.scrape(ports());
      await eventually(async () => (await prometheus.query("up == 1")).length === 5);
      stack.gateways.splice(stack.gateways.indexOf(lost), 1);
      const port = lost.opsPort;
      await fires(
        ["OvationGatewayLost", "OvationProcessDown"],
        // Without a drain its lease stays, as after a crash.
        async () => {
          await lost.stop();
          await prometheus.scrape([...ports(), port]);
        },
        () => prometheus.scrape(ports()),
      );
    });

    test("a gateway has another setting, and a certificate that ends", async () => {
      const { certFile: tlsCertFile, keyFile: tlsKeyFile } = await authority.certificate("soon", 3);
      await fires(
        ["OvationDegraded", "OvationCertificateEnds"],
        async () => {
          await stack.addGateway({ ...LEASE, dataLimitBytes: 2_048, tlsCertFile, tlsKeyFile });
          await prometheus.scrape(ports());
        },
        async () => {
          const other = stack.gateways.pop();
          await other?.drain();
          await other?.stop();
          await prometheus.scrape(ports());
        },
      );
    });

    test("a gateway has as many viewers as it may", async () => {
      const full = await stack.addGateway({ ...LEASE, connectionsLimit: 1 });
      await prometheus.scrape(ports());
      let viewer: TestSocket | undefined;
      await fires(
        ["OvationOverloaded", "OvationNearlyOverloaded"],
        async () => {
          viewer = await TestSocket.connect(full.port);
        },
        async () => await viewer?.close(),
      );
    });

    test("the history is created again", async () => {
      const viewer = await watch("msgpack", stack.gatewayAt(0).port, "busy");
      await viewer.until(() => viewer.of("busy", "comment").length > 0);
      await fires(
        ["OvationHistoryReset"],
        () => stack.deleteStream(HISTORY_STREAM),
        async () => undefined,
      );
      await viewer.close();
    });
  },
);

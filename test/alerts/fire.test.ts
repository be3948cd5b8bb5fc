/**
 * The shipped alerts, made to fire by what they are about. Windows and `for` are shorter by a factor,
 * which is printed with how long each took, and with why the others aren't made to fire here.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readRules } from "../../deploy/observability/alerts.ts";
import {
  FRONTENDS_BUCKET,
  HISTORY_STREAM,
  KINDS_BUCKET,
  STATE_BUCKET,
  TOTALS_BUCKET,
  VOTES_STREAM,
} from "../../shared/protocol/subjects.ts";
import { hasAlertmanager } from "../support/alertmanager.ts";
import { TestAuthority } from "../support/certificates.ts";
import { eventually } from "../support/eventually.ts";
import { answerWith, HookReceiver } from "../support/hook-receiver.ts";
import { TestHooks } from "../support/hooks.ts";
import { MVP, putPoll } from "../support/polls.ts";
import { hasPrometheus } from "../support/prometheus.ts";
import { TestSocket, watch } from "../support/viewer.ts";
import { NOT_MADE } from "./not-made.ts";
import { AlertStage, FACTOR, LEASE } from "./stage.ts";

/** No message is taken. */
const FULL = { max_msg_size: 10 };

describe.skipIf(!hasPrometheus || !hasAlertmanager)("an alert fires for its cause", () => {
  let stage: AlertStage;
  let authority: TestAuthority;
  beforeAll(async () => {
    authority = await TestAuthority.make();
    stage = await AlertStage.start();
  });
  afterAll(async () => {
    await stage?.stop();
    await authority?.remove();
    const lines = stage.report.map(
      ({ alert, firedAfterS, goneAfterS }) => `| ${alert} | ${firedAfterS} s | ${goneAfterS} s |`,
    );
    const left = Object.entries(NOT_MADE).map(([alert, why]) => `${alert}: ${why}`);
    const head = ["| alert | fired after | gone after |", "| --- | --- | --- |"];
    const table = [...head, ...lines, "", "Not made to fire here:", ...left];
    process.stdout.write(`Windows and for: shorter by ${FACTOR}.\n${table.join("\n")}\n`);
  });

  test("NATS is away: one page says so, and nothing else is sent", async () => {
    const { stack, alertmanager } = stage;
    await stage.fires(
      [
        "OvationNatsAway",
        "OvationNotReady",
        "OvationStoreSilent",
        "OvationCommentsUnstorable",
        "OvationGatewayCutOff",
        "OvationPublishingFails",
      ],
      () => stack.nats.kill9(),
      async () => {
        // After recovery, the stores are not checked faster here than elsewhere.
        await eventually(() => alertmanager.notifications.length > 0);
        const firing = alertmanager.notifications.filter(({ status }) => status === "firing");
        const told = firing.map(({ receiver, alerts }) => [
          receiver,
          alerts.map(({ labels }) => labels.alertname),
        ]);
        expect(told).toEqual([["pager", ["OvationNatsAway"]]]);
        await stack.nats.restart();
      },
    );
  });

  test("the history refuses to store", async () => {
    const alerts = [
      "OvationCommentsUnstorable",
      "OvationPublishingFails",
      "OvationHistoryQueueFills",
    ];
    await stage.firesBy(alerts, { [HISTORY_STREAM]: FULL });
  });

  test("state, votes and totals can't be stored", async () => {
    await putPoll(stage.stack.gateway, "busy", "p", MVP);
    stage.publishAll("score", "vote", "like");
    await stage.firesBy(
      ["OvationStateUnwritable", "OvationVotesUnwritable", "OvationTotalsUnwritable"],
      { [`KV_${STATE_BUCKET}`]: FULL, [VOTES_STREAM]: FULL, [`KV_${TOTALS_BUCKET}`]: FULL },
    );
    stage.publishAll("like", "comment");
  });

  test("a store that refuses what is new is nearly full, and one that drops its oldest drops it early", async () => {
    await stage.firesBy(["OvationStoreFills", "OvationStoreDropsEarly"], {
      [HISTORY_STREAM]: { max_bytes: 12_000 },
      [`KV_${KINDS_BUCKET}`]: ({ bytes }) => ({ max_bytes: Math.ceil(bytes * 1.1) }),
    });
  });

  test("leases can't be renewed", async () => {
    await stage.firesBy(["OvationLeaseLate"], {
      [`KV_${FRONTENDS_BUCKET}`]: FULL,
    });
  });

  test("reviewers don't answer", async () => {
    stage.publishAll("like", "note");
    const recover = async () => stage.publishAll("like", "comment");
    await stage.fires(["OvationReviewPaused"], async () => undefined, recover);
  });

  test("the last dispatcher is gone", async () => {
    const { stack } = stage;
    await stage.fires(
      ["OvationNoDispatcher"],
      async () => {
        for (const dispatcher of stack.dispatchers.splice(0)) await dispatcher.stop();
        await stage.scrapeAll();
      },
      async () => {
        await stack.addDispatcher();
        await stack.addDispatcher();
        await stage.scrapeAll();
      },
    );
  });

  test("the last gateway is gone", async () => {
    const { stack } = stage;
    await stage.fires(
      ["OvationNoGateway"],
      async () => {
        for (const gateway of stack.gateways.splice(0)) {
          await gateway.drain();
          await gateway.stop();
        }
        await stage.scrapeAll();
      },
      async () => {
        await stack.addGateway();
        await stack.addGateway();
        await stage.scrapeAll();
      },
    );
  });

  test("a gateway is lost, and doesn't answer Prometheus", async () => {
    const { stack, prometheus } = stage;
    const lost = await stack.addGateway(LEASE);
    await stage.scrapeAll();
    stack.gateways.splice(stack.gateways.indexOf(lost), 1);
    const { opsPort } = lost;
    const ports = [...stack.gateways, ...stack.dispatchers].map((one) => one.opsPort);
    await stage.fires(
      ["OvationGatewayLost", "OvationProcessDown"],
      // Without a drain its lease stays, as after a crash.
      async () => {
        await lost.stop();
        await prometheus.scrape([...ports, opsPort]);
      },
      () => stage.scrapeAll(),
    );
  });

  test("a gateway has another setting, and a certificate that ends", async () => {
    const { stack } = stage;
    const { certFile: tlsCertFile, keyFile: tlsKeyFile } = await authority.certificate("soon", 3);
    await stage.fires(
      ["OvationDegraded", "OvationCertificateEnds"],
      async () => {
        await stack.addGateway({ ...LEASE, dataLimitBytes: 2_048, tlsCertFile, tlsKeyFile });
        await stage.scrapeAll();
      },
      async () => {
        const other = stack.gateways.pop();
        await other?.drain();
        await other?.stop();
        await stage.scrapeAll();
      },
    );
  });

  test("a gateway has as many viewers as it may, and clients go beyond their limits", async () => {
    const { stack } = stage;
    const full = await stack.addGateway({ ...LEASE, connectionsLimit: 1 });
    const strict = await stack.addGateway({ ...LEASE, likesPerSecond: 1 });
    await stage.scrapeAll();
    let viewers: TestSocket[] = [];
    let flooding: NodeJS.Timeout | undefined;
    await stage.fires(
      ["OvationOverloaded", "OvationNearlyOverloaded", "OvationFlood"],
      async () => {
        viewers = [await TestSocket.connect(full.port), await TestSocket.connect(strict.port)];
        let id = 1;
        flooding = setInterval(() => {
          for (let n = 0; n < 30; n += 1) {
            id += 1;
            viewers[1]?.sendMessage({ op: "publish", id, video: "v", kind: "like" });
          }
        }, 100);
      },
      async () => {
        clearInterval(flooding);
        for (const viewer of viewers) await viewer.close();
        for (const other of stack.gateways.splice(2)) await other.stop();
        await stage.scrapeAll();
      },
    );
  });

  test("very many viewers connect at once", async () => {
    const { port } = stage.stack.gatewayAt(0);
    let isOver = false;
    await stage.fires(
      ["OvationReconnectStorm"],
      async () => {
        const crowd = async () => {
          while (!isOver) await (await TestSocket.connect(port)).close();
        };
        for (let n = 0; n < 20; n += 1) void crowd().catch(() => undefined);
      },
      async () => {
        isOver = true;
      },
    );
  });

  test("webhooks: an endpoint wants no more, and then no instance is left", async () => {
    const receiver = new HookReceiver();
    await receiver.start();
    const hooks = new TestHooks(stage.stack.nats.url);
    const instance = await hooks.active(hooks.settings(receiver));
    stage.others.add(instance);
    await stage.scrapeAll();
    await stage.fires(
      ["OvationHooksLost", "OvationHooksStopped"],
      async () => {
        receiver.answer = answerWith(410);
        const firing = async () => (await stage.prometheus.firing()).includes("OvationHooksLost");
        await eventually(firing);
        await hooks.stopInstances();
        stage.others.delete(instance);
        await stage.scrapeAll();
      },
      async () => {
        receiver.answer = (response) => response.writeHead(204).end();
        const again = await hooks.active(
          hooks.endpoints({ url: receiver.url, secret: receiver.secret, name: "other" }),
        );
        stage.others.add(again);
        await stage.scrapeAll();
      },
    );
    stage.others.clear();
    await hooks.stop();
    await receiver.stop();
  });

  test("an erased video is no loss, and a history that is created again is", async () => {
    const { stack, prometheus } = stage;
    const viewer = await watch("msgpack", stack.gatewayAt(0).port, "busy");
    await viewer.until(() => viewer.of("busy", "comment").length > 0);
    const url = `http://127.0.0.1:${stack.gatewayAt(0).port}/v1/videos/busy`;
    await fetch(url, { method: "DELETE" });
    const erased = async () =>
      await prometheus.query("sum(ovation_gateway_history_erased_total) > 0");
    await expect.poll(erased, { timeout: 60_000 }).not.toEqual([]);
    expect(await prometheus.query("sum(ovation_gateway_history_resets_total) > 0")).toEqual([]);
    expect(await prometheus.firing()).not.toContain("OvationHistoryReset");
    await fires();
    await viewer.close();

    async function fires(): Promise<void> {
      const cause = () => stack.deleteStream(HISTORY_STREAM);
      await stage.fires(["OvationHistoryReset"], cause, async () => undefined);
    }
  });

  test("every other alert says why it isn't made to fire here", () => {
    const made = new Set([...stage.report.map(({ alert }) => alert), ...Object.keys(NOT_MADE)]);
    expect(readRules().alerts.filter(({ alert }) => !made.has(alert))).toEqual([]);
  });
});

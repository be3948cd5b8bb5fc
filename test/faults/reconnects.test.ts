/** Many processes lose NATS again and again: they leave no consumers behind on the server. */
import { afterEach, describe, expect, test } from "vitest";
import { Gateway } from "../../gateway/gateway.ts";
import { configFor } from "../../shared/config/load.ts";
import { newNodeId } from "../../shared/protocol/names.ts";
import { createLog } from "../../shared/runtime/log.ts";
import { eventually } from "../support/eventually.ts";
import { metric } from "../support/stack.ts";
import { TestSocket } from "../support/viewer.ts";
import { FaultCluster, LEASE_MS } from "./cluster/fault-cluster.ts";
import { lanFault } from "./cluster/lan.ts";
import { logFigures } from "./cluster/viewer-swarm.ts";

const VIDEO = "launch";
const GATEWAYS = 100;
const DISPATCHERS = 3;
const CYCLES = 20;
/** Nobody reads these through a consumer. */
const BUCKETS = ["KV_ov_subscriptions", "KV_ov_frontends"];
const BACK_TO_ONE_MS = 300_000;

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function startGateway(natsUrl: string): Promise<Gateway> {
  const gateway = new Gateway(
    newNodeId(),
    configFor("gateway", {
      ...{ natsUrl: [natsUrl], host: "127.0.0.1", port: 0, opsPort: 0, open: true },
      ...{ leaseMs: LEASE_MS, leaseRenewMs: 500 },
    }),
    createLog("gateway", "gateway", "silent"),
  );
  await gateway.start();
  return gateway;
}

describe.skipIf(lanFault() !== undefined)("a hundred gateways and three dispatchers", () => {
  test("lose NATS twenty times: no consumer is left behind", async () => {
    const cluster = await FaultCluster.start({ nats: 1, gateways: 0, dispatchers: DISPATCHERS });
    cleanUps.push(() => cluster.end());
    const gateways: Gateway[] = [];
    cleanUps.push(() => Promise.all(gateways.map((gateway) => gateway.stop())));
    const viewers: TestSocket[] = [];
    for (let number = 0; number < GATEWAYS; number += 1) {
      const gateway = await startGateway(cluster.natsUrls("gateway"));
      gateways.push(gateway);
      const viewer = await TestSocket.connect(gateway.port, "json");
      viewers.push(viewer);
      await viewer.ask("subscribe", { video: VIDEO });
    }
    const rows = async (name: string) =>
      await cluster.node(name).metric("ovation_dispatcher_table_rows");
    const names = cluster.all("dispatcher").map(({ name }) => name);
    const tableIsComplete = () =>
      eventually(async () => (await Promise.all(names.map(rows))).every((n) => n === GATEWAYS));
    await tableIsComplete();
    const connected = async () => {
      const own = gateways.map((gateway) => metric(gateway, "ovation_bus_connected"));
      const theirs = names.map((name) => cluster.node(name).metric("ovation_bus_connected"));
      return (await Promise.all([...own, ...theirs])).reduce((sum, one) => sum + one, 0);
    };
    const consumers = async (stream: string) => {
      const admin = await cluster.admin();
      const reply = await admin.request(`$JS.API.STREAM.INFO.${stream}`);
      await admin.close();
      return (reply.json() as { state: { consumer_count: number } }).state.consumer_count;
    };
    const counts = () => Promise.all(BUCKETS.map(consumers));

    const most = BUCKETS.map(() => 0);
    for (let cycle = 0; cycle < CYCLES; cycle += 1) {
      await cluster.reset("nats-1");
      await eventually(async () => (await connected()) === 0);
      await cluster.heal();
      await eventually(async () => (await connected()) === GATEWAYS + DISPATCHERS);
      for (const [index, count] of (await counts()).entries()) {
        most[index] = Math.max(most[index] ?? 0, count);
      }
    }
    const endedAt = performance.now();
    await eventually(async () => (await counts()).every((count) => count === 0), BACK_TO_ONE_MS);
    const seconds = Math.round((performance.now() - endedAt) / 1_000);
    logFigures(
      `at most ${most.join(" and ")} consumers of ${BUCKETS.join(" and ")}; ` +
        `${seconds} s after the last of ${CYCLES} reconnects, none`,
    );
    await cluster.ready();
    await tableIsComplete();
    await cluster.healthyTable();
    expect(viewers.filter(({ closed }) => closed !== undefined)).toEqual([]);
  }, 700_000);
});

/** A gateway or a dispatcher loses its link to NATS, and nothing else. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { Commenter, expectAllComments, likesFlow, Viewer } from "./cluster/audience.ts";
import { FaultCluster } from "./cluster/fault-cluster.ts";
import { lanFault } from "./cluster/lan.ts";

const VIDEO = "launch";
/** A dead link is given up after three pings at this interval. */
const PING_MS = 2_500;
const NOTICE_MS = 1_000;
const BYE_MS = 4_000;

let cluster: FaultCluster;
let viewers: Viewer[];
let commenter: Commenter;

async function ended(): Promise<void> {
  await commenter.stop();
  for (const viewer of viewers) viewer.close();
  await cluster.end();
}

describe.skipIf(lanFault() !== undefined)("a gateway that is cut off from NATS", () => {
  beforeEach(async () => {
    cluster = await FaultCluster.start({
      nats: 1,
      gateways: 2,
      dispatchers: 2,
      gatewayFlags: ["--cut-off-notice-ms", `${NOTICE_MS}`, "--cut-off-bye-ms", `${BYE_MS}`],
    });
    // Each starts at the gateway that will be cut off, and knows the other one too.
    const urls = [cluster.urlOf("gateway-1"), cluster.urlOf("gateway-2")];
    viewers = Array.from({ length: 20 }, () => new Viewer(urls, VIDEO));
    await Promise.all(viewers.map((viewer) => viewer.connected()));
    commenter = new Commenter([cluster.urlOf("gateway-2")], VIDEO, "ann");
    commenter.start();
    await commenter.goesOn();
  });
  afterEach(ended);

  test("reports it in its health at once, to its viewers after a while, and sends them to the other", async () => {
    await cluster.cut("gateway-1", "nats");
    const cutAt = performance.now();
    await eventually(async () => !(await cluster.node("gateway-1").isReady()));
    expect(performance.now() - cutAt).toBeLessThan(3 * PING_MS + 1_000);
    await Promise.all(viewers.map((viewer) => viewer.until(() => viewer.isStale)));
    // A new viewer goes elsewhere at once.
    const late = new Viewer([cluster.urlOf("gateway-1"), cluster.urlOf("gateway-2")], VIDEO);
    viewers.push(late);
    await late.connected();
    await Promise.all(viewers.map((viewer) => viewer.until(() => !viewer.isStale)));
    await commenter.goesOn();
    await cluster.heal();
    await cluster.ready();
    await commenter.stop();
    await expectAllComments(viewers.slice(0, 20), [commenter]);
    // Each moved once: no viewer bounces between the gateways.
    expect(viewers.map(({ connections }) => connections)).toEqual([...Array(20).fill(2), 1]);
    expect(await cluster.node("gateway-1").metric("ovation_gateway_cut_off_dismissed_total")).toBe(
      20,
    );
    await cluster.healthyTable();
  });

  test("along with the other one, while NATS is unreachable: no viewer bounces between them, and all come back when NATS does", async () => {
    await cluster.cut("gateway", "nats");
    await Promise.all(viewers.map((viewer) => viewer.until(() => !viewer.isConnected)));
    const { connections } = viewers[0] ?? { connections: 0 };
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    expect(viewers.map((viewer) => viewer.connections)).toEqual(viewers.map(() => connections));
    await cluster.heal();
    await Promise.all(viewers.map((viewer) => viewer.connected(2)));
    await commenter.goesOn();
    await commenter.stop();
    await expectAllComments(viewers, [commenter]);
    await cluster.healthyTable();
  });

  test("for a shorter time: viewers are notified, stay, and get what they missed", async () => {
    await cluster.cut("gateway-1", "nats");
    await Promise.all(viewers.map((viewer) => viewer.until(() => viewer.isStale)));
    await cluster.heal();
    await Promise.all(viewers.map((viewer) => viewer.until(() => !viewer.isStale)));
    await cluster.ready();
    await commenter.goesOn();
    await commenter.stop();
    await expectAllComments(viewers, [commenter]);
    expect(viewers.map(({ connections }) => connections)).toEqual(viewers.map(() => 1));
    await cluster.healthyTable();
  });
});

describe.skipIf(lanFault() !== undefined)("a dispatcher that is cut off from NATS", () => {
  beforeEach(async () => {
    // nats-server 2.9 never gives up a client that it is still sending to.
    cluster = await FaultCluster.start({
      nats: 1,
      natsKind: "current",
      gateways: 2,
      dispatchers: 2,
    });
    viewers = cluster.urls.map((url) => new Viewer([url], VIDEO));
    await Promise.all(viewers.map((viewer) => viewer.connected()));
    commenter = new Commenter([cluster.urlOf("gateway-2")], VIDEO, "ann");
    commenter.start();
    await commenter.goesOn();
  });
  afterEach(ended);

  /** Everything works together again. */
  async function allIsWell(): Promise<void> {
    await cluster.ready();
    await commenter.goesOn();
    await likesFlow(cluster.urls, VIDEO, viewers);
    await commenter.stop();
    await expectAllComments(viewers, [commenter]);
    await cluster.healthyTable();
  }

  test("reports it, is given up by NATS, and has the table when it is back", async () => {
    await cluster.cut("dispatcher-1", "nats");
    await eventually(async () => !(await cluster.node("dispatcher-1").isReady()));
    // Now NATS hands it no more requests: all of them go to the other one.
    await eventually(async () => (await cluster.clientsOf("nats-1")) === 3);
    const late = new Viewer([cluster.urlOf("gateway-1")], "another");
    await late.connected();
    await likesFlow(cluster.urls, "another", [late]);
    await commenter.goesOn();
    await cluster.heal();
    await allIsWell();
    expect(await cluster.node("dispatcher-1").metric("ovation_dispatcher_table_rows")).toBe(3);
    late.close();
  });

  test("in one direction only, and a gateway in the other: both notice, and both recover", async () => {
    await cluster.cutOneWay("dispatcher-1", "nats");
    await cluster.cutOneWay("nats", "gateway-1");
    const cutAt = performance.now();
    await eventually(async () => {
      const [dispatcher, gateway] = [cluster.node("dispatcher-1"), cluster.node("gateway-1")];
      return !(await dispatcher.isReady()) && !(await gateway.isReady());
    });
    expect(performance.now() - cutAt).toBeLessThan(3 * PING_MS + 2_000);
    await commenter.goesOn();
    await cluster.heal();
    await allIsWell();
  });
});

/** The two faults that every deployment meets, short enough to run with every `npm test`. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { Commenter, expectAllComments, Viewer } from "./cluster/audience.ts";
import { FaultCluster } from "./cluster/fault-cluster.ts";
import { lanFault } from "./cluster/lan.ts";

const VIDEO = "launch";

let cluster: FaultCluster;
let viewers: Viewer[];
let commenter: Commenter;

describe.skipIf(lanFault() !== undefined)("a cluster, two gateways and a dispatcher", () => {
  beforeAll(async () => {
    cluster = await FaultCluster.start({
      nats: 3,
      gateways: 2,
      dispatchers: 1,
      gatewayFlags: ["--cut-off-notice-ms", "500", "--cut-off-bye-ms", "1000"],
    });
    const urls = [cluster.urlOf("gateway-1"), cluster.urlOf("gateway-2")];
    viewers = Array.from({ length: 5 }, () => new Viewer(urls, VIDEO));
    await Promise.all(viewers.map((viewer) => viewer.connected()));
    commenter = new Commenter([cluster.urlOf("gateway-2")], VIDEO, "ann");
    commenter.start();
    await commenter.goesOn();
  });
  afterAll(async () => {
    await commenter.stop();
    for (const viewer of viewers) viewer.close();
    await cluster.end();
  });

  test("lose a nats-server: comments keep flowing, and viewers keep their connections", async () => {
    await cluster.kill("nats-1");
    await commenter.goesOn();
    expect(viewers.map(({ connections }) => connections)).toEqual(viewers.map(() => 1));
    await cluster.healthyTable();
  });

  test("a gateway is cut off from NATS: it reports it, and its viewers move to the other and miss no comment", async () => {
    await cluster.cut("gateway-1", "nats");
    await eventually(async () => !(await cluster.node("gateway-1").isReady()));
    await Promise.all(viewers.map((viewer) => viewer.until(() => viewer.staleNotices > 0)));
    await Promise.all(viewers.map((viewer) => viewer.connected(2)));
    await commenter.goesOn();
    await commenter.stop();
    await expectAllComments(viewers, [commenter]);
  });
});

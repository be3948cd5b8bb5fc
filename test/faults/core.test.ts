/** The two faults that every deployment meets: short enough to be told at each `npm test`. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { Commenter, expectAllComments, Viewer } from "./world/audience.ts";
import { lanFault } from "./world/lan.ts";
import { FaultCluster } from "./world/world.ts";

const VIDEO = "launch";

let world: FaultCluster;
let viewers: Viewer[];
let commenter: Commenter;

describe.skipIf(lanFault() !== undefined)("a cluster, two gateways and a dispatcher", () => {
  beforeAll(async () => {
    world = await FaultCluster.start({
      nats: 3,
      gateways: 2,
      dispatchers: 1,
      gatewayFlags: ["--cut-off-notice-ms", "500", "--cut-off-bye-ms", "1000"],
    });
    const urls = [world.urlOf("gateway-1"), world.urlOf("gateway-2")];
    viewers = Array.from({ length: 5 }, () => new Viewer(urls, VIDEO));
    await Promise.all(viewers.map((viewer) => viewer.connected()));
    commenter = new Commenter([world.urlOf("gateway-2")], VIDEO, "ann");
    commenter.start();
    await commenter.goesOn();
  });
  afterAll(async () => {
    await commenter.stop();
    for (const viewer of viewers) viewer.close();
    await world.end();
  });

  test("lose a nats-server: comments go on, and viewers keep their connections", async () => {
    await world.kill("nats-1");
    await commenter.goesOn();
    expect(viewers.map(({ connections }) => connections)).toEqual(viewers.map(() => 1));
    await world.healthyTable();
  });

  test("a gateway is cut off from NATS: it says so, and its viewers go to the other and miss no comment", async () => {
    await world.cut("gateway-1", "nats");
    await eventually(async () => !(await world.node("gateway-1").isReady()));
    await Promise.all(viewers.map((viewer) => viewer.until(() => viewer.staleNotices > 0)));
    await Promise.all(viewers.map((viewer) => viewer.connected(2)));
    await commenter.goesOn();
    await commenter.stop();
    await expectAllComments(viewers, [commenter]);
  });
});

/** A gateway or a dispatcher loses its link to NATS, and nothing else. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { Commenter, expectAllComments, likesFlow, Viewer } from "./world/audience.ts";
import { lanFault } from "./world/lan.ts";
import { FaultCluster } from "./world/world.ts";

const VIDEO = "launch";
/** A dead link is given up after three pings that are this far apart. */
const PING_MS = 2_500;
const NOTICE_MS = 1_000;
const BYE_MS = 4_000;

let world: FaultCluster;
let viewers: Viewer[];
let commenter: Commenter;

async function ended(): Promise<void> {
  await commenter.stop();
  for (const viewer of viewers) viewer.close();
  await world.end();
}

describe.skipIf(lanFault() !== undefined)("a gateway that is cut off from NATS", () => {
  beforeEach(async () => {
    world = await FaultCluster.start({
      nats: 1,
      gateways: 2,
      dispatchers: 2,
      gatewayFlags: ["--cut-off-notice-ms", `${NOTICE_MS}`, "--cut-off-bye-ms", `${BYE_MS}`],
    });
    // Each begins at the gateway that is to be cut off, and knows the other one too.
    const urls = [world.urlOf("gateway-1"), world.urlOf("gateway-2")];
    viewers = Array.from({ length: 20 }, () => new Viewer(urls, VIDEO));
    await Promise.all(viewers.map((viewer) => viewer.connected()));
    commenter = new Commenter([world.urlOf("gateway-2")], VIDEO, "ann");
    commenter.start();
    await commenter.goesOn();
  });
  afterEach(ended);

  test("says so to health at once, to its viewers after a while, and sends them to the other", async () => {
    await world.cut("gateway-1", "nats");
    const cutAt = performance.now();
    await eventually(async () => !(await world.node("gateway-1").isReady()));
    expect(performance.now() - cutAt).toBeLessThan(3 * PING_MS + 1_000);
    await Promise.all(viewers.map((viewer) => viewer.until(() => viewer.isStale)));
    // Who is new goes elsewhere at once.
    const late = new Viewer([world.urlOf("gateway-1"), world.urlOf("gateway-2")], VIDEO);
    viewers.push(late);
    await late.connected();
    await Promise.all(viewers.map((viewer) => viewer.until(() => !viewer.isStale)));
    await commenter.goesOn();
    await world.heal();
    await world.ready();
    await commenter.stop();
    await expectAllComments(viewers.slice(0, 20), [commenter]);
    // One way each: nobody goes in a circle.
    expect(viewers.map(({ connections }) => connections)).toEqual([...Array(20).fill(2), 1]);
    expect(await world.node("gateway-1").metric("ovation_gateway_cut_off_dismissed_total")).toBe(
      20,
    );
    await world.healthyTable();
  });

  test("and the other one too, while NATS is away: nobody goes in a circle, and all come back with it", async () => {
    await world.cut("gateway", "nats");
    await Promise.all(viewers.map((viewer) => viewer.until(() => !viewer.isConnected)));
    const { connections } = viewers[0] ?? { connections: 0 };
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    expect(viewers.map((viewer) => viewer.connections)).toEqual(viewers.map(() => connections));
    await world.heal();
    await Promise.all(viewers.map((viewer) => viewer.connected(2)));
    await commenter.goesOn();
    await commenter.stop();
    await expectAllComments(viewers, [commenter]);
    await world.healthyTable();
  });

  test("for less than that: viewers are told, stay, and get what they missed", async () => {
    await world.cut("gateway-1", "nats");
    await Promise.all(viewers.map((viewer) => viewer.until(() => viewer.isStale)));
    await world.heal();
    await Promise.all(viewers.map((viewer) => viewer.until(() => !viewer.isStale)));
    await world.ready();
    await commenter.goesOn();
    await commenter.stop();
    await expectAllComments(viewers, [commenter]);
    expect(viewers.map(({ connections }) => connections)).toEqual(viewers.map(() => 1));
    await world.healthyTable();
  });
});

describe.skipIf(lanFault() !== undefined)("a dispatcher that is cut off from NATS", () => {
  beforeEach(async () => {
    // One of 2.9 gives up nobody whom it still sends to.
    world = await FaultCluster.start({ nats: 1, natsKind: "current", gateways: 2, dispatchers: 2 });
    viewers = world.urls.map((url) => new Viewer([url], VIDEO));
    await Promise.all(viewers.map((viewer) => viewer.connected()));
    commenter = new Commenter([world.urlOf("gateway-2")], VIDEO, "ann");
    commenter.start();
    await commenter.goesOn();
  });
  afterEach(ended);

  /** All there is works together again. */
  async function allIsWell(): Promise<void> {
    await world.ready();
    await commenter.goesOn();
    await likesFlow(world.urls, VIDEO, viewers);
    await commenter.stop();
    await expectAllComments(viewers, [commenter]);
    await world.healthyTable();
  }

  test("says so, is given up by NATS, and knows the table when it is back", async () => {
    await world.cut("dispatcher-1", "nats");
    await eventually(async () => !(await world.node("dispatcher-1").isReady()));
    // By then NATS hands it nothing more: all requests go to the other one.
    await eventually(async () => (await world.clientsOf("nats-1")) === 3);
    const late = new Viewer([world.urlOf("gateway-1")], "another");
    await late.connected();
    await likesFlow(world.urls, "another", [late]);
    await commenter.goesOn();
    await world.heal();
    await allIsWell();
    expect(await world.node("dispatcher-1").metric("ovation_dispatcher_table_rows")).toBe(3);
    late.close();
  });

  test("in one direction only, and a gateway in the other: both find out, and nothing stays so", async () => {
    await world.cutOneWay("dispatcher-1", "nats");
    await world.cutOneWay("nats", "gateway-1");
    const cutAt = performance.now();
    await eventually(async () => {
      const [dispatcher, gateway] = [world.node("dispatcher-1"), world.node("gateway-1")];
      return !(await dispatcher.isReady()) && !(await gateway.isReady());
    });
    expect(performance.now() - cutAt).toBeLessThan(3 * PING_MS + 2_000);
    await commenter.goesOn();
    await world.heal();
    await allIsWell();
  });
});

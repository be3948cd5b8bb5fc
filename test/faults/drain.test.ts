/** Parts are stopped as an operator stops them, one after the other, under load. */
import { afterEach, describe, expect, test } from "vitest";
import { publishSubject } from "../../shared/protocol/subjects.ts";
import { decodeTrustedMsgpack, encodeMsgpack } from "../../shared/protocol/wire/codec.ts";
import { eventually } from "../support/eventually.ts";
import { Commenter, expectAllComments, Viewer } from "./cluster/audience.ts";
import { ConnectionGuard } from "./cluster/connection-guard.ts";
import { FaultCluster } from "./cluster/fault-cluster.ts";
import { graceMs } from "./cluster/grace.ts";
import { lanFault } from "./cluster/lan.ts";
import { LikePublisher } from "./cluster/like-publisher.ts";
import { logFigures, ViewerSwarm } from "./cluster/viewer-swarm.ts";
import { mostPerSecond, type OpenSwarm } from "./cluster/viewer-swarm-messages.ts";

const VIDEO = "launch";

const cleanUps: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** Three gateways under a swarm of viewers, comments and 100 likes a second. */
async function startUnderLoad(
  perSecond: number,
  frameMs: number,
  audience: Pick<OpenSwarm, "viewers" | "together" | "comingPerSecond">,
) {
  const cluster = await FaultCluster.start({
    nats: 1,
    gateways: 3,
    dispatchers: 2,
    gatewayFlags: [
      ...["--connections-per-second", String(perSecond), "--connections-per-address", "100000"],
      // The viewers run on the same machine.
      ...["--frame-interval-viewers", "0"],
      ...[
        "--frame-interval-min-ms",
        String(frameMs),
        "--frame-interval-max-ms",
        String(2 * frameMs),
      ],
      ...["--likes-per-second", "1000"],
      ...["--connection-publishes-per-second", "1000"],
    ],
  });
  cleanUps.push(() => cluster.end());
  const swarm = await ViewerSwarm.open({ ...audience, video: VIDEO, targets: cluster.targets });
  cleanUps.push(() => swarm.close());
  const commenter = new Commenter(cluster.urls, VIDEO, "ann");
  cleanUps.push(() => commenter.stop());
  commenter.start();
  const likePublisher = new LikePublisher(cluster.urls, VIDEO, 100);
  cleanUps.push(() => likePublisher.stop());
  await commenter.goesOn();
  return { cluster, swarm, commenter, likePublisher, perSecond };
}

type Deployment = Awaited<ReturnType<typeof startUnderLoad>>;

/** Stops a gateway as an operator does, and checks how its viewers move to the others. */
async function stopGateway({ cluster, swarm, perSecond }: Deployment, name: string, count: number) {
  await swarm.forget();
  const guard = new ConnectionGuard(cluster, name);
  await eventually(() => guard.lastReadyAt > 0 && guard.lastOpenAt > 0);
  const startedAt = performance.now();
  const exit = await cluster.stop(name);
  const tookMs = performance.now() - startedAt;
  await guard.stop();
  expect(exit).toEqual({ code: 0, signal: null });
  expect(tookMs).toBeLessThan(await graceMs());
  const report = await swarm.returned(count);
  const { longestAwayMs, longestToldMs, returns, sentAway, firstSentAwayAt, attempts } = report;
  // The others together admit half of what their limits allow.
  const spreadMs = (count / perSecond) * 1_000;
  logFigures(
    `${name}: ${count} viewers, ${returns} came back over ${Math.round(spreadMs)} ms; ` +
      `no viewer was away for more than ${Math.round(longestAwayMs)} ms; ` +
      `at most ${mostPerSecond(attempts)} connected within a second; ` +
      `exit 0 after ${Math.round(tookMs)} ms`,
  );
  // The gateway stops admitting viewers before it dismisses the first one.
  expect(guard.lastReadyAt).toBeLessThanOrEqual(firstSentAwayAt ?? 0);
  expect(guard.lastOpenAt).toBeLessThanOrEqual(firstSentAwayAt ?? 0);
  expect(sentAway).toBe(returns);
  // The others advertised this many together; half of it is used.
  expect(mostPerSecond(attempts)).toBeLessThanOrEqual(2 * perSecond);
  // What comes on top is the time that this machine takes to connect them.
  expect(longestToldMs).toBeLessThanOrEqual(spreadMs);
  return report;
}

/** Each viewer has each stored comment once, in the order of the chain. */
async function expectHealthy({
  cluster,
  swarm,
  commenter,
  likePublisher,
}: Deployment): Promise<void> {
  await likePublisher.stop();
  await commenter.stop();
  expect(commenter.errors).toEqual([]);
  const { gaps, unrecovered, repeated } = await swarm.haveAll(
    Math.max(...commenter.stored.values()),
  );
  logFigures(`${commenter.stored.size} comments stored; gaps seen and filled: ${gaps}`);
  expect({ unrecovered, repeated }).toEqual({ unrecovered: 0, repeated: 0 });
  await cluster.healthyTable();
}

describe.skipIf(lanFault() !== undefined)("a rolling restart", () => {
  test("of three gateways under 5,000 viewers loses no comment, and no viewer is told to stay away for longer than the spread", async () => {
    const crowd = await startUnderLoad(1_000, 250, { viewers: 5_000, together: false });
    const { cluster, commenter } = crowd;
    for (const { name } of cluster.all("gateway")) {
      const count = await cluster.node(name).metric("ovation_gateway_websockets");
      // The commenter may be one of them.
      await stopGateway(crowd, name, count - 1);
      await cluster.start(name);
      await commenter.goesOn();
    }
    await expectHealthy(crowd);
  });

  test("of two dispatchers amid 100,000 publishes loses none of them", async () => {
    const publishes = 100_000;
    const cluster = await FaultCluster.start({ nats: 1, gateways: 1, dispatchers: 2 });
    cleanUps.push(() => cluster.end());
    const viewer = new Viewer(cluster.urls, VIDEO);
    cleanUps.push(() => viewer.close());
    await viewer.connected();
    await eventually(async () => {
      const rows = cluster
        .all("dispatcher")
        .map((node) => node.metric("ovation_dispatcher_table_rows"));
      return (await Promise.all(rows)).every((count) => count === 1);
    });
    const publisher = await cluster.admin();
    cleanUps.push(() => publisher.close());
    const like = encodeMsgpack({ kind: "like" });
    let sent = 0;
    const lane = async () => {
      while (sent < publishes) {
        sent += 1;
        const { data } = await publisher.request(publishSubject(VIDEO), like, { timeout: 20_000 });
        expect(decodeTrustedMsgpack(data)).toEqual({ accepted: [expect.any(String)] });
      }
    };
    const publishing = Promise.all(Array.from({ length: 100 }, lane));
    for (const [index, { name }] of cluster.all("dispatcher").entries()) {
      await eventually(() => sent > ((index + 1) * publishes) / 4, 60_000);
      expect(await cluster.stop(name)).toEqual({ code: 0, signal: null });
      await cluster.start(name);
    }
    const before = sent;
    await publishing;
    await viewer.until(() => viewer.likes >= sent);
    expect(viewer.likes).toBe(sent);
    logFigures(`${sent} publishes, of which ${sent - before} after the second restart; none lost`);
    await cluster.healthyTable();
  });

  test("of three nats-servers in lame-duck mode moves each client once and loses no comment", async () => {
    const cluster = await FaultCluster.start({ nats: 3, gateways: 2, dispatchers: 2 });
    cleanUps.push(() => cluster.end());
    const viewers = Array.from({ length: 20 }, () => new Viewer(cluster.urls, VIDEO));
    cleanUps.push(() => {
      for (const viewer of viewers) viewer.close();
    });
    await Promise.all(viewers.map((viewer) => viewer.connected()));
    const commenter = new Commenter(cluster.urls, VIDEO, "ann");
    cleanUps.push(() => commenter.stop());
    commenter.start();
    await commenter.goesOn();
    const roles = [...cluster.all("gateway"), ...cluster.all("dispatcher")];
    const reconnects = () =>
      Promise.all(roles.map((role) => role.metric("ovation_bus_reconnects_total")));
    for (const { name } of cluster.all("nats")) {
      const before = await reconnects();
      const clients = await cluster.connectionsOf(name);
      cluster.node(name).signal("SIGUSR2");
      await eventually(async () => (await cluster.connectionsOf(name)) === 0, 60_000);
      await cluster.ready("gateway");
      await cluster.ready("dispatcher");
      const moves = (await reconnects()).map((count, index) => count - (before[index] ?? 0));
      logFigures(
        `${name}: ${clients} clients left it; reconnects of each process: ${moves.join(" ")}`,
      );
      expect(Math.max(...moves)).toBeLessThanOrEqual(1);
      await commenter.goesOn();
      await cluster.kill(name);
      await cluster.start(name);
      await cluster.ready();
    }
    await commenter.stop();
    await expectAllComments(viewers, [commenter]);
    expect(viewers.map(({ connections }) => connections)).toEqual(viewers.map(() => 1));
    await cluster.healthyTable();
  });
});

describe.skipIf(lanFault() !== undefined)("stopping a gateway", () => {
  test("with 10,000 viewers dismisses each once, no faster than the others admit them, within a pod's grace period", async () => {
    const viewers = 10_000;
    const together = { viewers, together: true, comingPerSecond: 1_000 };
    const crowd = await startUnderLoad(2_000, 500, together);
    const { cluster, commenter } = crowd;
    const connected = await cluster.node("gateway-1").metric("ovation_gateway_websockets");
    expect(connected).toBeGreaterThanOrEqual(viewers);
    const { sentAway, returns } = await stopGateway(crowd, "gateway-1", viewers);
    expect({ sentAway, returns }).toEqual({ sentAway: viewers, returns: viewers });
    // Neither of the others got more at a time than it had advertised.
    for (const name of ["gateway-2", "gateway-3"]) {
      const postponed = cluster.node(name).metric("ovation_gateway_arrivals_postponed_total");
      expect(await postponed).toBe(0);
    }
    await commenter.goesOn();
    await expectHealthy(crowd);
  });
});

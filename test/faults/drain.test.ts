/** Parts are stopped as an operator stops them, one after the other, while all goes on. */
import { afterEach, describe, expect, test } from "vitest";
import { publishSubject } from "../../shared/protocol/subjects.ts";
import { decodeTrustedMsgpack, encodeMsgpack } from "../../shared/protocol/wire/codec.ts";
import { eventually } from "../support/eventually.ts";
import { Commenter, expectAllComments, Viewer } from "./world/audience.ts";
import { Doorkeeper } from "./world/connection-guard.ts";
import { graceMs } from "./world/grace.ts";
import { lanFault } from "./world/lan.ts";
import { Liker } from "./world/liker.ts";
import { tell, ViewerSwarm } from "./world/viewer-swarm.ts";
import { mostPerSecond, type OpenSwarm } from "./world/viewer-swarm-messages.ts";
import { FaultCluster } from "./world/world.ts";

const VIDEO = "launch";

const cleanUps: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** Three gateways under a throng of viewers, comments and 100 likes a second. */
async function crowded(
  perSecond: number,
  frameMs: number,
  crowd: Pick<OpenSwarm, "viewers" | "together" | "comingPerSecond">,
) {
  const world = await FaultCluster.start({
    nats: 1,
    gateways: 3,
    dispatchers: 2,
    gatewayFlags: [
      ...["--connections-per-second", String(perSecond), "--connections-per-address", "100000"],
      // The machine has to be enough for the viewers too.
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
  cleanUps.push(() => world.end());
  const swarm = await ViewerSwarm.open({ ...crowd, video: VIDEO, targets: world.doors });
  cleanUps.push(() => swarm.close());
  const commenter = new Commenter(world.urls, VIDEO, "ann");
  cleanUps.push(() => commenter.stop());
  commenter.start();
  const liker = new Liker(world.urls, VIDEO, 100);
  cleanUps.push(() => liker.stop());
  await commenter.goesOn();
  return { world, swarm, commenter, liker, perSecond };
}

type Crowded = Awaited<ReturnType<typeof crowded>>;

/** Ends a gateway as an operator does, and looks how its viewers go to the others. */
async function endGateway({ world, swarm, perSecond }: Crowded, name: string, there: number) {
  await swarm.forget();
  const doorkeeper = new Doorkeeper(world, name);
  await eventually(() => doorkeeper.lastReadyAt > 0 && doorkeeper.lastOpenAt > 0);
  const begun = performance.now();
  const exit = await world.stop(name);
  const tookMs = performance.now() - begun;
  await doorkeeper.stop();
  expect(exit).toEqual({ code: 0, signal: null });
  expect(tookMs).toBeLessThan(await graceMs());
  const report = await swarm.returned(there);
  const { longestAwayMs, returns, sentAway, firstSentAwayAt, attempts } = report;
  // The others take half of what they may let in together.
  const spreadMs = (there / perSecond) * 1_000;
  tell(
    `${name}: ${there} viewers, ${returns} came back over ${Math.round(spreadMs)} ms; ` +
      `nobody was away for more than ${Math.round(longestAwayMs)} ms; ` +
      `at most ${mostPerSecond(attempts)} came within a second; ` +
      `exit 0 after ${Math.round(tookMs)} ms`,
  );
  // Before the first viewer is sent away, nobody is let in any more.
  expect(doorkeeper.lastReadyAt).toBeLessThanOrEqual(firstSentAwayAt ?? 0);
  expect(doorkeeper.lastOpenAt).toBeLessThanOrEqual(firstSentAwayAt ?? 0);
  expect(sentAway).toBe(returns);
  // The others said that they let in so many together; half of it is used.
  expect(mostPerSecond(attempts)).toBeLessThanOrEqual(2 * perSecond);
  expect(longestAwayMs).toBeLessThanOrEqual(spreadMs);
  return report;
}

/** Each viewer has each stored comment once, in the order of the chain. */
async function allIsWell({ world, swarm, commenter, liker }: Crowded): Promise<void> {
  await liker.stop();
  await commenter.stop();
  expect(commenter.errors).toEqual([]);
  const { gaps, unrecovered, repeated } = await swarm.haveAll(
    Math.max(...commenter.stored.values()),
  );
  tell(`${commenter.stored.size} comments stored; gaps seen and filled: ${gaps}`);
  expect({ unrecovered, repeated }).toEqual({ unrecovered: 0, repeated: 0 });
  await world.healthyTable();
}

describe.skipIf(lanFault() !== undefined)("a rolling restart", () => {
  test("of three gateways under 5,000 viewers loses no comment, and nobody is away for longer than the spread", async () => {
    const crowd = await crowded(1_000, 250, { viewers: 5_000, together: false });
    const { world, commenter } = crowd;
    for (const { name } of world.all("gateway")) {
      const there = await world.node(name).metric("ovation_gateway_websockets");
      // All but the commenter, who may be among them.
      await endGateway(crowd, name, there - 1);
      await world.start(name);
      await commenter.goesOn();
    }
    await allIsWell(crowd);
  });

  test("of two dispatchers amid 100,000 publishes loses none of them", async () => {
    const publishes = 100_000;
    const world = await FaultCluster.start({ nats: 1, gateways: 1, dispatchers: 2 });
    cleanUps.push(() => world.end());
    const viewer = new Viewer(world.urls, VIDEO);
    cleanUps.push(() => viewer.close());
    await viewer.connected();
    await eventually(async () => {
      const rows = world
        .all("dispatcher")
        .map((node) => node.metric("ovation_dispatcher_table_rows"));
      return (await Promise.all(rows)).every((count) => count === 1);
    });
    const publisher = await world.admin();
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
    for (const [index, { name }] of world.all("dispatcher").entries()) {
      await eventually(() => sent > ((index + 1) * publishes) / 4, 60_000);
      expect(await world.stop(name)).toEqual({ code: 0, signal: null });
      await world.start(name);
    }
    const before = sent;
    await publishing;
    await viewer.until(() => viewer.likes >= sent);
    expect(viewer.likes).toBe(sent);
    tell(`${sent} publishes, of which ${sent - before} after the second restart; none lost`);
    await world.healthyTable();
  });

  test("of three nats-servers in lame-duck mode: each client moves once, and no comment is lost", async () => {
    const world = await FaultCluster.start({ nats: 3, gateways: 2, dispatchers: 2 });
    cleanUps.push(() => world.end());
    const viewers = Array.from({ length: 20 }, () => new Viewer(world.urls, VIDEO));
    cleanUps.push(() => {
      for (const viewer of viewers) viewer.close();
    });
    await Promise.all(viewers.map((viewer) => viewer.connected()));
    const commenter = new Commenter(world.urls, VIDEO, "ann");
    cleanUps.push(() => commenter.stop());
    commenter.start();
    await commenter.goesOn();
    const roles = [...world.all("gateway"), ...world.all("dispatcher")];
    const reconnects = () =>
      Promise.all(roles.map((role) => role.metric("ovation_bus_reconnects_total")));
    for (const { name } of world.all("nats")) {
      const before = await reconnects();
      const clients = await world.connectionsOf(name);
      world.node(name).signal("SIGUSR2");
      await eventually(async () => (await world.connectionsOf(name)) === 0, 60_000);
      await world.ready("gateway");
      await world.ready("dispatcher");
      const moves = (await reconnects()).map((count, index) => count - (before[index] ?? 0));
      tell(`${name}: ${clients} clients left it; reconnects of each process: ${moves.join(" ")}`);
      expect(Math.max(...moves)).toBeLessThanOrEqual(1);
      await commenter.goesOn();
      await world.kill(name);
      await world.start(name);
      await world.ready();
    }
    await commenter.stop();
    await expectAllComments(viewers, [commenter]);
    expect(viewers.map(({ connections }) => connections)).toEqual(viewers.map(() => 1));
    await world.healthyTable();
  });
});

describe.skipIf(lanFault() !== undefined)("the end of a gateway", () => {
  test("with 10,000 viewers sends each away once, no faster than the others take them, within a pod's grace", async () => {
    const viewers = 10_000;
    const together = { viewers, together: true, comingPerSecond: 1_000 };
    const crowd = await crowded(2_000, 500, together);
    const { world, commenter } = crowd;
    const here = await world.node("gateway-1").metric("ovation_gateway_websockets");
    expect(here).toBeGreaterThanOrEqual(viewers);
    const { sentAway, returns } = await endGateway(crowd, "gateway-1", viewers);
    expect({ sentAway, returns }).toEqual({ sentAway: viewers, returns: viewers });
    // No other one had more at a time than it had stated.
    for (const name of ["gateway-2", "gateway-3"]) {
      const postponed = world.node(name).metric("ovation_gateway_arrivals_postponed_total");
      expect(await postponed).toBe(0);
    }
    await commenter.goesOn();
    await allIsWell(crowd);
  });
});

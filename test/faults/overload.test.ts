/**
 * Over capacity by load alone: what is given up first, what last, and that all is as it was when the
 * flood is over. The capacity is small, a share of a core, so that the flood can be.
 */
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import WebSocket from "ws";
import { eventually } from "../support/eventually.ts";
import { Commenter } from "./world/audience.ts";
import { lanFault } from "./world/lan.ts";
import { LikeFlood } from "./world/like-flood.ts";
import type { Node } from "./world/node.ts";
import { SmallShare, shareFault } from "./world/small-share.ts";
import { tell, ViewerSwarm } from "./world/viewer-swarm.ts";
import { FaultCluster } from "./world/world.ts";

const VIDEOS = ["one", "two", "three", "four"] as const;
const FRAME_INTERVAL_MAX_MS = 60;
/** What is given up before keeps a gateway from being later for long. */
const GATEWAY_DELAY_MS = 250;
/** The flood rises by so much, so often, until it is too much. */
const RISE = { times: 1.15, everyMs: 1_500 } as const;
const POLL_EVERY_MS = 250;
const COMMENT_EVERY_MS = 100;
const TOO_MUCH_WITHIN_MS = 90_000;

const cleanUps: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** A deployment of one gateway and one dispatcher. */
async function smallWorld(): Promise<FaultCluster> {
  const world = await FaultCluster.start({
    nats: 1,
    gateways: 1,
    dispatchers: 1,
    gatewayFlags: [
      ...["--connections-per-address", "100000", "--frame-events", "50"],
      ...["--frame-interval-max-ms", String(FRAME_INTERVAL_MAX_MS)],
      ...["--connection-publishes-per-second", "1000"],
      ...["--overload-delay-ms", String(GATEWAY_DELAY_MS)],
    ],
  });
  cleanUps.push(() => world.end());
  return world;
}

/** From now on a process has no more than a share of a core; resolves when it is at ease with it. */
async function holdToShare(node: Node, share: number, role: "gateway" | "dispatcher") {
  const small = new SmallShare(node.name, share);
  // When the process has ended.
  cleanUps.unshift(() => small.remove());
  small.hold(node.pid);
  await eventually(() => isCalm(node, role));
}

/** Viewers of each of the videos, and comments on the first. */
async function audienceOf(world: FaultCluster, viewers: number) {
  const { doors: targets } = world;
  const swarms: ViewerSwarm[] = [];
  for (const video of VIDEOS) {
    const swarm = await ViewerSwarm.open({ viewers, video, targets, together: true });
    cleanUps.push(() => swarm.close());
    swarms.push(swarm);
  }
  const commenter = new Commenter(world.urls, VIDEOS[0], "ann", { pauseMs: COMMENT_EVERY_MS });
  cleanUps.push(() => commenter.stop());
  commenter.start();
  await commenter.goesOn();
  return { swarms, commenter };
}

/** Likes on these videos that rise until `isTooMuch`; resolves with how to end them. */
async function floodUntil(
  world: FaultCluster,
  options: ConstructorParameters<typeof LikeFlood>[1],
  isTooMuch: () => Promise<boolean>,
): Promise<LikeFlood> {
  const nats = await world.admin();
  cleanUps.push(() => nats.close());
  const flood = new LikeFlood(nats, options);
  cleanUps.push(() => flood.stop());
  const rising = setInterval(() => flood.rise(RISE.times), RISE.everyMs);
  await eventually(isTooMuch, TOO_MUCH_WITHIN_MS).finally(() => clearInterval(rising));
  return flood;
}

/** Each viewer is still on the connection that it came by, and has all comments, once. */
async function expectUndisturbed(swarms: readonly ViewerSwarm[], commenter: Commenter) {
  await commenter.stop();
  expect(commenter.errors).toEqual([]);
  await swarms[0]?.haveAll(Math.max(...commenter.stored.values()));
  for (const swarm of swarms) {
    const { viewers, subscribed, ...report } = await swarm.report();
    expect(subscribed).toBe(viewers);
    expect(report).toMatchObject({ failed: 0, returns: 0, sentAway: 0 });
    expect(report).toMatchObject({ repeated: 0, unrecovered: 0 });
  }
}

/** Whether somebody new is let in. */
async function isLetIn(url: string): Promise<boolean> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/v1/connect`, ["ovation.v1.json"]);
  return await new Promise((resolve) => {
    socket.on("open", () => {
      socket.close();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}

/** Not too often: to tell costs a process with so little of a core too. */
async function isCalm(node: Node, role: "gateway" | "dispatcher"): Promise<boolean> {
  await wait(POLL_EVERY_MS);
  return (await node.metric(`ovation_${role}_overload_step`)) === 0;
}

const fault = lanFault() ?? shareFault();

describe.skipIf(fault !== undefined)("over capacity", () => {
  test("a gateway widens frames, then samples likes, then lets in nobody new; comments and viewers stay", async () => {
    const world = await smallWorld();
    const gateway = world.node("gateway-1");
    const url = world.urls[0] ?? "";
    const { swarms, commenter } = await audienceOf(world, 500);
    await holdToShare(gateway, 0.15, "gateway");

    /** What was seen, each with the look that saw it first: a look is at all of them at once. */
    const seen = new Map<string, number>();
    let looks = 0;
    const look = async () => {
      await wait(POLL_EVERY_MS);
      await isLetIn(url);
      const metric = await gateway.metrics();
      const isSeen = {
        widened: metric("ovation_gateway_frame_interval_seconds") > FRAME_INTERVAL_MAX_MS / 1_000,
        sampled: metric("ovation_gateway_overload_sampled_total") > 0,
        refused: metric('ovation_gateway_overload_refused_total{what="viewer"}') > 0,
      };
      looks += 1;
      for (const [what, is] of Object.entries(isSeen)) {
        if (is && !seen.has(what)) seen.set(what, looks);
      }
      return seen.size === Object.keys(isSeen).length;
    };
    const rates = { requestsPerSecond: 1_000, mostPerSecond: 8_000, likesPerRequest: 20 };
    const flood = await floodUntil(world, { videos: VIDEOS, ...rates }, look);
    tell(
      `at ${Math.round(flood.likesPerSecond)} likes a second nobody new is let in; first seen, by look: ` +
        JSON.stringify([...seen]),
    );
    const [widened = 0, sampled = 0, refused = 0] = ["widened", "sampled", "refused"].map((what) =>
      seen.get(what),
    );
    expect(widened).toBeLessThanOrEqual(sampled);
    expect(sampled).toBeLessThanOrEqual(refused);
    await commenter.goesOn();
    await flood.stop();
    await eventually(() => isCalm(gateway, "gateway"));
    expect(await isLetIn(url)).toBe(true);
    await expectUndisturbed(swarms, commenter);
    await world.healthyTable();
  });

  test("a dispatcher refuses likes until the flood is over; no comment is lost, and viewers stay", async () => {
    const world = await smallWorld();
    const dispatcher = world.node("dispatcher-1");
    const refused = (what: string) =>
      dispatcher.metric(`ovation_dispatcher_overload_refused_total{what="${what}"}`);
    const { swarms, commenter } = await audienceOf(world, 50);
    await holdToShare(dispatcher, 0.15, "dispatcher");

    const rates = { requestsPerSecond: 2_000, mostPerSecond: 20_000, likesPerRequest: 5 };
    const isRefusing = async () => (await refused("transient")) > 0;
    const flood = await floodUntil(world, { videos: VIDEOS, ...rates }, isRefusing);
    tell(`at ${Math.round(flood.likesPerSecond)} likes a second some are refused`);
    await flood.stop();
    await commenter.goesOn();
    tell(`refused: ${await refused("transient")} with likes, ${await refused("any")} of any kind`);
    await eventually(() => isCalm(dispatcher, "dispatcher"));
    await expectUndisturbed(swarms, commenter);
    await world.healthyTable();
  });
});

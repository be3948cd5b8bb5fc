/**
 * Over capacity by load alone: what is shed first, what last, and that everything recovers when the
 * flood is over. The capacity is a share of a core, so that a small flood is enough.
 */
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { attemptConnect } from "../support/connect-attempt.ts";
import { eventually } from "../support/eventually.ts";
import { Commenter } from "./cluster/audience.ts";
import { FaultCluster } from "./cluster/fault-cluster.ts";
import { lanFault } from "./cluster/lan.ts";
import { LikeFlood } from "./cluster/like-flood.ts";
import type { Node } from "./cluster/node.ts";
import { SmallShare, shareFault } from "./cluster/small-share.ts";
import { logFigures, ViewerSwarm } from "./cluster/viewer-swarm.ts";

const VIDEOS = ["one", "two", "three", "four"] as const;
const FRAME_INTERVAL_MAX_MS = 60;
/** What a gateway sheds earlier keeps it from staying above this delay for long. */
const GATEWAY_DELAY_MS = 250;
/** The flood rises by this factor at this interval, until it is too much. */
const RISE = { times: 1.15, everyMs: 1_500 } as const;
const POLL_EVERY_MS = 250;
const COMMENT_EVERY_MS = 100;
const TOO_MUCH_WITHIN_MS = 90_000;

const cleanUps: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** A deployment of one gateway and one dispatcher. */
async function smallCluster(): Promise<FaultCluster> {
  const cluster = await FaultCluster.start({
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
  cleanUps.push(() => cluster.end());
  return cluster;
}

/** Limits a process to a share of a core; resolves when it no longer sheds load. */
async function holdToShare(node: Node, share: number, role: "gateway" | "dispatcher") {
  const small = new SmallShare(node.name, share);
  // Runs after the process has ended.
  cleanUps.unshift(() => small.remove());
  small.hold(node.pid);
  await eventually(() => isCalm(node, role));
}

/** Viewers of each of the videos, and comments on the first. */
async function audienceOf(cluster: FaultCluster, viewers: number) {
  const { targets } = cluster;
  const swarms: ViewerSwarm[] = [];
  for (const video of VIDEOS) {
    const swarm = await ViewerSwarm.open({ viewers, video, targets, together: true });
    cleanUps.push(() => swarm.close());
    swarms.push(swarm);
  }
  const commenter = new Commenter(cluster.urls, VIDEOS[0], "ann", { pauseMs: COMMENT_EVERY_MS });
  cleanUps.push(() => commenter.stop());
  commenter.start();
  await commenter.goesOn();
  return { swarms, commenter };
}

/** Floods these videos with more and more likes until `isTooMuch`; resolves with the flood. */
async function floodUntil(
  cluster: FaultCluster,
  options: ConstructorParameters<typeof LikeFlood>[1],
  isTooMuch: () => Promise<boolean>,
): Promise<LikeFlood> {
  const nats = await cluster.admin();
  cleanUps.push(() => nats.close());
  const flood = new LikeFlood(nats, options);
  cleanUps.push(() => flood.stop());
  const rising = setInterval(() => flood.rise(RISE.times), RISE.everyMs);
  await eventually(isTooMuch, TOO_MUCH_WITHIN_MS).finally(() => clearInterval(rising));
  return flood;
}

/** Each viewer is still on its first connection, and has every comment once. */
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

/** Whether the gateway admits a new viewer. */
async function isAdmitted(url: string): Promise<boolean> {
  return (await attemptConnect(url)).status === 101;
}

/** Polls slowly: answering costs a process with so little of a core too. */
async function isCalm(node: Node, role: "gateway" | "dispatcher"): Promise<boolean> {
  await wait(POLL_EVERY_MS);
  return (await node.metric(`ovation_${role}_overload_step`)) === 0;
}

const fault = lanFault() ?? shareFault();

describe.skipIf(fault !== undefined)("over capacity", () => {
  test("a gateway widens frames, then samples likes, then refuses new viewers; comments and viewers stay", async () => {
    const cluster = await smallCluster();
    const gateway = cluster.node("gateway-1");
    const url = cluster.urls[0] ?? "";
    const { swarms, commenter } = await audienceOf(cluster, 500);
    await holdToShare(gateway, 0.15, "gateway");

    /** Each effect with the number of the poll that saw it first; a poll checks all of them. */
    const seen = new Map<string, number>();
    let polls = 0;
    const poll = async () => {
      await wait(POLL_EVERY_MS);
      await isAdmitted(url);
      const metric = await gateway.metrics();
      const isSeen = {
        widened: metric("ovation_gateway_frame_interval_seconds") > FRAME_INTERVAL_MAX_MS / 1_000,
        sampled: metric("ovation_gateway_overload_sampled_total") > 0,
        refused: metric('ovation_gateway_overload_refused_total{what="viewer"}') > 0,
      };
      polls += 1;
      for (const [what, is] of Object.entries(isSeen)) {
        if (is && !seen.has(what)) seen.set(what, polls);
      }
      return seen.size === Object.keys(isSeen).length;
    };
    const rates = { requestsPerSecond: 1_000, mostPerSecond: 8_000, likesPerRequest: 20 };
    const flood = await floodUntil(cluster, { videos: VIDEOS, ...rates }, poll);
    logFigures(
      `at ${Math.round(flood.likesPerSecond)} likes a second new viewers are refused; first seen, by poll: ` +
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
    expect(await isAdmitted(url)).toBe(true);
    await expectUndisturbed(swarms, commenter);
    await cluster.healthyTable();
  });

  test("a dispatcher refuses likes until the flood is over; no comment is lost, and viewers stay", async () => {
    const cluster = await smallCluster();
    const dispatcher = cluster.node("dispatcher-1");
    const refused = (what: string) =>
      dispatcher.metric(`ovation_dispatcher_overload_refused_total{what="${what}"}`);
    const { swarms, commenter } = await audienceOf(cluster, 50);
    await holdToShare(dispatcher, 0.15, "dispatcher");

    const rates = { requestsPerSecond: 2_000, mostPerSecond: 20_000, likesPerRequest: 5 };
    const isRefusing = async () => (await refused("transient")) > 0;
    const flood = await floodUntil(cluster, { videos: VIDEOS, ...rates }, isRefusing);
    logFigures(`at ${Math.round(flood.likesPerSecond)} likes a second some are refused`);
    await flood.stop();
    await commenter.goesOn();
    logFigures(
      `refused: ${await refused("transient")} with likes, ${await refused("any")} of any kind`,
    );
    await eventually(() => isCalm(dispatcher, "dispatcher"));
    await expectUndisturbed(swarms, commenter);
    await cluster.healthyTable();
  });
});

/** The only nats-server is killed under load, and stays down for a while. */
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { Commenter, expectAllComments, Viewer } from "./cluster/audience.ts";
import { FaultCluster } from "./cluster/fault-cluster.ts";
import { lanFault } from "./cluster/lan.ts";
import { LikeLedger, type Way } from "./cluster/like-ledger.ts";
import { logFigures, ViewerSwarm } from "./cluster/viewer-swarm.ts";

const VIDEO = "launch";
const SWARM_SIZE = 300;
const AWAY_MS = 15_000;
/** Three pings of 2.5 s: a silent link is given up after that, a closed one at once. */
const PING_WINDOW_MS = 7_500;
const BACK_WITHIN_MS = 5_000;
const WAYS: readonly Way[] = ["HTTP", "WebSocket", "SDK"];

const cleanUps: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

describe.skipIf(lanFault() !== undefined)("the only nats-server", () => {
  test("is killed for 15 s under load: no accepted event is lost, viewers are notified, and all recovers within 5 s", async () => {
    const cluster = await FaultCluster.start({
      nats: 1,
      gateways: 2,
      dispatchers: 2,
      gatewayFlags: ["--connections-per-address", "100000"],
    });
    cleanUps.push(() => cluster.end());
    const roles = [...cluster.all("gateway"), ...cluster.all("dispatcher")];
    const starts = () =>
      Promise.all(roles.map((role) => role.metric("process_start_time_seconds")));
    const startedAt = await starts();
    expect(Math.min(...startedAt)).toBeGreaterThan(0);
    const swarm = await ViewerSwarm.open({
      viewers: SWARM_SIZE,
      video: VIDEO,
      targets: cluster.targets,
      together: false,
    });
    cleanUps.push(() => swarm.close());
    const viewers = Array.from({ length: 10 }, () => new Viewer(cluster.urls, VIDEO));
    cleanUps.push(() => {
      for (const viewer of viewers) viewer.close();
    });
    await Promise.all(viewers.map((viewer) => viewer.connected()));
    const commenter = new Commenter(cluster.urls, VIDEO, "ann");
    cleanUps.push(() => commenter.stop());
    commenter.start();
    await commenter.goesOn();
    const ledger = await LikeLedger.start(cluster.urls, VIDEO);
    cleanUps.push(() => ledger.close());
    for (const way of WAYS) {
      await eventually(() => ledger.attempts.filter((like) => like.way === way).length >= 20);
    }

    const killedAt = performance.now();
    await cluster.kill("nats-1");
    const goneAt = performance.now();
    await eventually(async () => {
      const ready = await Promise.all(roles.map((role) => role.isReady()));
      return !ready.includes(true);
    });
    const unreadyMs = performance.now() - killedAt;
    expect(unreadyMs).toBeLessThan(PING_WINDOW_MS);
    await Promise.all(viewers.map((viewer) => viewer.until(() => viewer.isStale)));
    const staleMs = performance.now() - killedAt;
    await wait(AWAY_MS - staleMs);

    const during = ledger.within(goneAt, performance.now());
    await cluster.start("nats-1");
    const healthyAt = performance.now();
    const likes = viewers.map((viewer) => viewer.likes);
    await Promise.all(
      viewers.map((viewer, index) => viewer.until(() => viewer.likes > (likes[index] ?? 0))),
    );
    const likesMs = performance.now() - healthyAt;
    const comment = { kind: "comment", id: "back", data: { text: "back" } };
    await eventually(async () => {
      const response = await fetch(`${cluster.urls[0]}/v1/videos/${VIDEO}/events`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(comment),
      });
      return response.ok;
    });
    const isShown = (viewer: Viewer) => viewer.comments.some(({ id }) => id === comment.id);
    await Promise.all(viewers.map((viewer) => viewer.until(() => isShown(viewer))));
    const commentsMs = performance.now() - healthyAt;
    await Promise.all(viewers.map((viewer) => viewer.until(() => !viewer.isStale)));
    await cluster.ready();
    const readyMs = performance.now() - healthyAt;
    await commenter.goesOn();
    await ledger.stop();
    await commenter.stop();
    await swarm.haveAll(Math.max(...commenter.stored.values()));

    const count = (outcome: string) => during.filter((like) => like.outcome === outcome).length;
    logFigures(
      `not ready after ${Math.round(unreadyMs)} ms, stale after ${Math.round(staleMs)} ms; ` +
        `${during.length} likes in that time: ${count("unavailable")} unavailable, ` +
        `${count("timeout")} timeout`,
    );
    logFigures(
      `after NATS was healthy again: likes at all viewers after ${Math.round(likesMs)} ms, ` +
        `comments after ${Math.round(commentsMs)} ms, all ready after ${Math.round(readyMs)} ms`,
    );
    expect(during.length).toBeGreaterThan(AWAY_MS / 200);
    expect(during.filter(({ outcome }) => !["unavailable", "timeout"].includes(outcome))).toEqual(
      [],
    );
    await eventually(() => ledger.missing(killedAt).length === 0).catch(() => undefined);
    expect(ledger.missing(killedAt)).toEqual([]);
    // Half of the swarm is at each gateway, and saw the same likes.
    const expected = () => ledger.shown.reduce((sum, count) => sum + (count * SWARM_SIZE) / 2, 0);
    await eventually(async () => (await swarm.report()).likes === expected()).catch(
      async (cause: unknown) => {
        const { likes } = await swarm.report();
        throw new Error(`${likes} likes in the swarm, not ${expected()}`, { cause });
      },
    );
    logFigures(
      `${ledger.accepted.length} likes accepted; shown at each gateway: ${ledger.shown.join(" and ")}`,
    );
    expect(Math.max(likesMs, commentsMs)).toBeLessThan(BACK_WITHIN_MS);
    await expectAllComments(viewers, [commenter]);
    const { unrecovered, repeated, subscribed, returns } = await swarm.report();
    expect({ unrecovered, repeated, subscribed, returns }).toEqual({
      ...{ unrecovered: 0, repeated: 0 },
      ...{ subscribed: SWARM_SIZE, returns: 0 },
    });
    expect(viewers.map(({ connections }) => connections)).toEqual(viewers.map(() => 1));
    expect(await starts()).toEqual(startedAt);
    await cluster.healthyTable();
  });
});

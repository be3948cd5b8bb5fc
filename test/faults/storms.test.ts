/** Everyone comes back at once: the remaining gateways admit them, and delay nobody. */
import { afterEach, describe, expect, test } from "vitest";
import { Ovation } from "../../sdk/index.ts";
import { eventually } from "../support/eventually.ts";
import { Commenter } from "./cluster/audience.ts";
import { FaultCluster } from "./cluster/fault-cluster.ts";
import { lanFault } from "./cluster/lan.ts";
import { LikePublisher } from "./cluster/like-publisher.ts";
import { logFigures, ViewerSwarm } from "./cluster/viewer-swarm.ts";

const VIDEO = "launch";
/** On two cores that the viewers share, it takes a bit more than half of this. */
const BACK_WITHIN_MS = 10_000;
/** How long returning viewers may block a gateway's event loop. */
const STALL_BOUND_MS = 1_000;

const cleanUps: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** The longest that a gateway's event loop was blocked since the last call. */
async function stallMs(cluster: FaultCluster, name: string): Promise<number> {
  return 1_000 * (await cluster.node(name).metric("nodejs_eventloop_lag_max_seconds"));
}

describe.skipIf(lanFault() !== undefined)("a storm", () => {
  test("of 10,000 viewers whose gateway was killed is over in ten seconds, and no comment is lost", async () => {
    const viewers = 10_000;
    const cluster = await FaultCluster.start({
      nats: 1,
      gateways: 3,
      dispatchers: 2,
      gatewayFlags: [
        ...["--connections-per-address", "100000"],
        ...[
          "--frame-interval-viewers",
          "0",
          "--frame-interval-min-ms",
          "500",
          "--frame-interval-max-ms",
          "1000",
        ],
        ...["--likes-per-second", "1000", "--connection-publishes-per-second", "1000"],
      ],
    });
    cleanUps.push(() => cluster.end());
    const swarm = await ViewerSwarm.open({
      viewers,
      video: VIDEO,
      targets: cluster.targets,
      together: true,
    });
    cleanUps.push(() => swarm.close());
    const others = ["gateway-2", "gateway-3"];
    const urls = others.map((name) => cluster.urlOf(name));
    const commenter = new Commenter(urls, VIDEO, "ann");
    cleanUps.push(() => commenter.stop());
    commenter.start();
    const likePublisher = new LikePublisher(urls, VIDEO, 100);
    cleanUps.push(() => likePublisher.stop());
    await commenter.goesOn();
    for (const name of others) await stallMs(cluster, name);

    const killedAt = performance.now();
    await cluster.kill("gateway-1");
    const { longestAwayMs, failed, attempts } = await swarm.returned(viewers);
    const backMs = performance.now() - killedAt;
    const stalls = await Promise.all(others.map((name) => stallMs(cluster, name)));
    logFigures(
      `${viewers} viewers were back after ${Math.round(backMs)} ms, ` +
        `none away for more than ${Math.round(longestAwayMs)} ms, after ${failed} failed attempts; ` +
        `event loops of the others stalled for ${stalls.map(Math.round).join(" and ")} ms at most`,
    );
    logFigures(`attempts by tenth of a second: ${attempts.join(" ")}`);
    expect(backMs).toBeLessThan(BACK_WITHIN_MS);
    expect(Math.max(...stalls)).toBeLessThan(STALL_BOUND_MS);
    await commenter.goesOn();
    await likePublisher.stop();
    await commenter.stop();
    const { unrecovered, repeated } = await swarm.haveAll(Math.max(...commenter.stored.values()));
    expect({ unrecovered, repeated }).toEqual({ unrecovered: 0, repeated: 0 });
    await cluster.healthyTable();
  });

  test("of 300 clients when all gateways restart at once is spread evenly over the seconds", async () => {
    const cluster = await FaultCluster.start({ nats: 1, gateways: 3, dispatchers: 1 });
    cleanUps.push(() => cluster.end());
    /** When each connection was attempted. */
    let attempts: number[] = [];
    class CountedSocket extends WebSocket {
      constructor(url: string, protocols: string) {
        super(url, protocols);
        attempts.push(performance.now());
      }
    }
    const clients = Array.from({ length: 300 }, (_, index) => {
      const { urls } = cluster;
      const from = index % urls.length;
      return new Ovation({
        url: [...urls.slice(from), ...urls.slice(0, from)],
        transport: "websocket",
        WebSocket: CountedSocket,
      });
    });
    cleanUps.push(() => {
      for (const client of clients) client.close();
    });
    const allConnected = () => clients.every(({ state }) => state.name === "connected");
    for (const client of clients) client.connect();
    await eventually(allConnected);

    attempts = [];
    const restarts = cluster.all("gateway").map(async ({ name }) => {
      expect(await cluster.stop(name)).toEqual({ code: 0, signal: null });
      await cluster.start(name);
    });
    await Promise.all(restarts);
    await eventually(allConnected, 60_000);
    const first = Math.min(...attempts);
    const seconds: number[] = [];
    for (const at of attempts) {
      const second = Math.floor((at - first) / 1_000);
      seconds[second] = (seconds[second] ?? 0) + 1;
    }
    const counts = Array.from(seconds, (count) => count ?? 0);
    const mean = attempts.length / counts.length;
    logFigures(
      `attempts by second: ${counts.join(" ")}; ${attempts.length} in all, ${mean.toFixed(0)} on average`,
    );
    expect(Math.max(...counts)).toBeLessThanOrEqual(3 * mean);
    await cluster.healthyTable();
  });
});

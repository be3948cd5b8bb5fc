/** Everyone comes back at once: the gateways that are left let them in, and hold up nobody. */
import { afterEach, describe, expect, test } from "vitest";
import { Ovation } from "../../sdk/index.ts";
import { eventually } from "../support/eventually.ts";
import { Commenter } from "./world/audience.ts";
import { lanFault } from "./world/lan.ts";
import { Liker } from "./world/liker.ts";
import { tell, ViewerSwarm } from "./world/viewer-swarm.ts";
import { FaultCluster } from "./world/world.ts";

const VIDEO = "launch";
/** On two cores, with the viewers on the same ones, it takes a good half of this. */
const BACK_WITHIN_MS = 10_000;
/** How long the event loop of a gateway may be held up by those who come. */
const STALL_BOUND_MS = 1_000;

const cleanUps: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** The longest that a gateway's event loop was held up since it was asked last. */
async function stallMs(world: FaultCluster, name: string): Promise<number> {
  return 1_000 * (await world.node(name).metric("nodejs_eventloop_lag_max_seconds"));
}

describe.skipIf(lanFault() !== undefined)("a storm", () => {
  test("of 10,000 viewers whose gateway was killed is over in ten seconds, and no comment is lost", async () => {
    const viewers = 10_000;
    const world = await FaultCluster.start({
      nats: 1,
      gateways: 3,
      dispatchers: 2,
      gatewayFlags: [
        ...["--connections-per-address", "100000"],
        ...["--frame-interval-min-ms", "500", "--frame-interval-max-ms", "1000"],
        ...["--likes-per-second", "1000", "--connection-publishes-per-second", "1000"],
      ],
    });
    cleanUps.push(() => world.end());
    const swarm = await ViewerSwarm.open({
      viewers,
      video: VIDEO,
      targets: world.doors,
      together: true,
    });
    cleanUps.push(() => swarm.close());
    const others = ["gateway-2", "gateway-3"];
    const urls = others.map((name) => world.urlOf(name));
    const commenter = new Commenter(urls, VIDEO, "ann");
    cleanUps.push(() => commenter.stop());
    commenter.start();
    const liker = new Liker(urls, VIDEO, 100);
    cleanUps.push(() => liker.stop());
    await commenter.goesOn();
    for (const name of others) await stallMs(world, name);

    const killedAt = performance.now();
    await world.kill("gateway-1");
    const { longestAwayMs, failed, attempts } = await swarm.returned(viewers);
    const backMs = performance.now() - killedAt;
    const stalls = await Promise.all(others.map((name) => stallMs(world, name)));
    tell(
      `${viewers} viewers were back after ${Math.round(backMs)} ms, ` +
        `none away for more than ${Math.round(longestAwayMs)} ms, after ${failed} tries in vain; ` +
        `event loops of the others stalled for ${stalls.map(Math.round).join(" and ")} ms at most`,
    );
    tell(`tries by tenth of a second: ${attempts.join(" ")}`);
    expect(backMs).toBeLessThan(BACK_WITHIN_MS);
    expect(Math.max(...stalls)).toBeLessThan(STALL_BOUND_MS);
    await commenter.goesOn();
    await liker.stop();
    await commenter.stop();
    const { unrecovered, repeated } = await swarm.haveAll(Math.max(...commenter.stored.values()));
    expect({ unrecovered, repeated }).toEqual({ unrecovered: 0, repeated: 0 });
    await world.healthyTable();
  });

  test("of 300 clients when all gateways are restarted at once is spread flat over the seconds", async () => {
    const world = await FaultCluster.start({ nats: 1, gateways: 3, dispatchers: 1 });
    cleanUps.push(() => world.end());
    /** When each connection was tried. */
    let tries: number[] = [];
    class CountedSocket extends WebSocket {
      constructor(url: string, protocols: string) {
        super(url, protocols);
        tries.push(performance.now());
      }
    }
    const clients = Array.from({ length: 300 }, (_, index) => {
      const { urls } = world;
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

    tries = [];
    const restarts = world.all("gateway").map(async ({ name }) => {
      expect(await world.stop(name)).toEqual({ code: 0, signal: null });
      await world.start(name);
    });
    await Promise.all(restarts);
    await eventually(allConnected, 60_000);
    const first = Math.min(...tries);
    const seconds: number[] = [];
    for (const at of tries) {
      const second = Math.floor((at - first) / 1_000);
      seconds[second] = (seconds[second] ?? 0) + 1;
    }
    const counts = Array.from(seconds, (count) => count ?? 0);
    const mean = tries.length / counts.length;
    tell(
      `tries by second: ${counts.join(" ")}; ${tries.length} in all, ${mean.toFixed(0)} on average`,
    );
    expect(Math.max(...counts)).toBeLessThanOrEqual(3 * mean);
    await world.healthyTable();
  });
});

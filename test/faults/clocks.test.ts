/** The wall clock of one machine jumps by an hour, while everything runs. */
import { afterEach, describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { inSeconds, SECRET, tokenOf, VIEWER } from "../support/tokens.ts";
import { Commenter, expectAllComments, Viewer } from "./world/audience.ts";
import { clockFault } from "./world/clock.ts";
import { lanFault } from "./world/lan.ts";
import { FaultCluster, LEASE_MS } from "./world/world.ts";

const VIDEO = "launch";
const HOUR_S = 3_600;

let world: FaultCluster;

/** Publishes a comment with an id of its own; gives its place. */
async function comment(id: string): Promise<number | undefined> {
  const response = await fetch(`${world.urlOf("gateway-1")}/v1/videos/${VIDEO}/events`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ kind: "comment", id }),
  });
  const body = (await response.json()) as { seqs?: number[] };
  return response.ok ? body.seqs?.[0] : undefined;
}

/** What a gateway says of a token. */
async function answerTo(token: string): Promise<number> {
  const headers = { Authorization: `Bearer ${token}` };
  return (await fetch(`${world.urlOf("gateway-1")}/v1/ping`, { headers })).status;
}

describe.skipIf((lanFault() ?? clockFault()) !== undefined)("a clock that jumps by an hour", () => {
  afterEach(async () => {
    await world.end();
  });

  test("ends no lease, sweeps no row, and leaves comments in one order, each stored once", async () => {
    world = await FaultCluster.start({ nats: 1, gateways: 2, dispatchers: 2, clocks: true });
    const viewers = world.urls.map((url) => new Viewer([url], VIDEO));
    await Promise.all(viewers.map((viewer) => viewer.connected()));
    const commenters = world.urls.map(
      (url, number) => new Commenter([url], VIDEO, `ann-${number}`),
    );
    for (const commenter of commenters) commenter.start();
    const goOn = async () => await Promise.all(commenters.map((one) => one.goesOn(20)));
    await goOn();
    const place = await comment("again");
    for (const seconds of [HOUR_S, -HOUR_S]) {
      for (const name of ["gateway-1", "dispatcher-1"]) await world.setClock(name, seconds);
      // Longer than a lease, so that one which followed the clock would end.
      await new Promise((resolve) => setTimeout(resolve, LEASE_MS + 1_000));
      await goOn();
      // One that knows nothing, and whose clock is wrong, finds the id in the store.
      await world.kill("dispatcher-1");
      await world.kill("dispatcher-2");
      await world.start("dispatcher-1");
      expect(await comment("again")).toBe(place);
      await world.start("dispatcher-2");
    }
    for (const name of ["dispatcher-1", "dispatcher-2"]) {
      expect(await world.node(name).metric("ovation_dispatcher_gateways_dead_total")).toBe(0);
    }
    for (const name of ["gateway-1", "gateway-2"]) {
      expect(await world.node(name).metric("ovation_gateway_lease_lost_total")).toBe(0);
    }
    for (const commenter of commenters) await commenter.stop();
    await expectAllComments(viewers, commenters);
    await world.healthyTable();
    for (const viewer of viewers) viewer.close();
  });

  test("ends no session; a token is looked at by the gateway's own clock, with its leeway", async () => {
    world = await FaultCluster.start({
      nats: 1,
      gateways: 1,
      dispatchers: 1,
      clocks: true,
      secret: SECRET,
    });
    const token = await tokenOf({ ...VIEWER, exp: inSeconds(60) });
    const viewer = new Viewer(world.urls, VIDEO, undefined, token);
    const commenter = new Commenter(world.urls, VIDEO, "ann", { token });
    await viewer.connected();
    commenter.start();
    await commenter.goesOn();
    // Two seconds after its end, which is within the leeway of five.
    await world.setClock("gateway-1", 62);
    expect(await answerTo(token)).toBe(200);
    await world.setClock("gateway-1", HOUR_S);
    await eventually(async () => (await answerTo(token)) === 401);
    await commenter.goesOn();
    await world.setClock("gateway-1", -HOUR_S);
    expect(await answerTo(token)).toBe(200);
    await commenter.goesOn();
    await commenter.stop();
    await expectAllComments([viewer], [commenter]);
    expect(viewer.connections).toBe(1);
    await world.healthyTable();
    viewer.close();
  });
});

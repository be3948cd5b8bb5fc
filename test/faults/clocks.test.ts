/** The wall clock of one machine jumps by an hour while everything runs. */
import { afterEach, describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { inSeconds, SECRET, tokenOf, VIEWER } from "../support/tokens.ts";
import { Commenter, expectAllComments, Viewer } from "./cluster/audience.ts";
import { clockFault } from "./cluster/clock.ts";
import { FaultCluster, LEASE_MS } from "./cluster/fault-cluster.ts";
import { lanFault } from "./cluster/lan.ts";

const VIDEO = "launch";
const HOUR_S = 3_600;

let cluster: FaultCluster;

/** Publishes a comment with the given id and returns its seq. */
async function comment(id: string): Promise<number | undefined> {
  const response = await fetch(`${cluster.urlOf("gateway-1")}/v1/videos/${VIDEO}/events`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ kind: "comment", id, data: { text: id } }),
  });
  const body = (await response.json()) as { seqs?: number[] };
  return response.ok ? body.seqs?.[0] : undefined;
}

/** The status with which the gateway answers a request with this token. */
async function statusFor(token: string): Promise<number> {
  const headers = { Authorization: `Bearer ${token}` };
  return (await fetch(`${cluster.urlOf("gateway-1")}/v1/ping`, { headers })).status;
}

describe.skipIf((lanFault() ?? clockFault()) !== undefined)("a clock that jumps by an hour", () => {
  afterEach(async () => {
    await cluster.end();
  });

  test("ends no lease, sweeps no row, and leaves comments in one order, each stored once", async () => {
    cluster = await FaultCluster.start({ nats: 1, gateways: 2, dispatchers: 2, clocks: true });
    const viewers = cluster.urls.map((url) => new Viewer([url], VIDEO));
    await Promise.all(viewers.map((viewer) => viewer.connected()));
    const commenters = cluster.urls.map(
      (url, number) => new Commenter([url], VIDEO, `ann-${number}`),
    );
    for (const commenter of commenters) commenter.start();
    const goOn = async () => await Promise.all(commenters.map((one) => one.goesOn(20)));
    await goOn();
    const seq = await comment("again");
    for (const seconds of [HOUR_S, -HOUR_S]) {
      for (const name of ["gateway-1", "dispatcher-1"]) await cluster.setClock(name, seconds);
      // Longer than a lease: a lease that followed the wall clock would expire.
      await new Promise((resolve) => setTimeout(resolve, LEASE_MS + 1_000));
      await goOn();
      // A restarted dispatcher, with no memory and a wrong clock, finds the id in the store.
      await cluster.kill("dispatcher-1");
      await cluster.kill("dispatcher-2");
      await cluster.start("dispatcher-1");
      let again: number | undefined;
      // Until it has joined, or while the machine is busy, it is refused.
      await eventually(async () => {
        again = await comment("again");
        return again !== undefined;
      });
      expect(again).toBe(seq);
      await cluster.start("dispatcher-2");
    }
    for (const name of ["dispatcher-1", "dispatcher-2"]) {
      expect(await cluster.node(name).metric("ovation_dispatcher_gateways_dead_total")).toBe(0);
    }
    for (const name of ["gateway-1", "gateway-2"]) {
      expect(await cluster.node(name).metric("ovation_gateway_lease_lost_total")).toBe(0);
    }
    for (const commenter of commenters) await commenter.stop();
    await expectAllComments(viewers, commenters);
    await cluster.healthyTable();
    for (const viewer of viewers) viewer.close();
  });

  test("ends no session; the gateway checks tokens by its own clock, with leeway", async () => {
    cluster = await FaultCluster.start({
      nats: 1,
      gateways: 1,
      dispatchers: 1,
      clocks: true,
      secret: SECRET,
    });
    const token = await tokenOf({ ...VIEWER, exp: inSeconds(60) });
    const viewer = new Viewer(cluster.urls, VIDEO, { token });
    const commenter = new Commenter(cluster.urls, VIDEO, "ann", { token });
    await viewer.connected();
    commenter.start();
    await commenter.goesOn();
    // Two seconds after it expired, within the leeway of five.
    await cluster.setClock("gateway-1", 62);
    expect(await statusFor(token)).toBe(200);
    await cluster.setClock("gateway-1", HOUR_S);
    await eventually(async () => (await statusFor(token)) === 401);
    await commenter.goesOn();
    await cluster.setClock("gateway-1", -HOUR_S);
    expect(await statusFor(token)).toBe(200);
    await commenter.goesOn();
    await commenter.stop();
    await expectAllComments([viewer], [commenter]);
    expect(viewer.connections).toBe(1);
    await cluster.healthyTable();
    viewer.close();
  });
});

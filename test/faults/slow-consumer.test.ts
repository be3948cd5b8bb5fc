/** A dispatcher stands still while requests pour in, until NATS gives it up. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { Commenter, expectAllComments, likesFlow, Viewer } from "./world/audience.ts";
import { lanFault } from "./world/lan.ts";
import { World } from "./world/world.ts";

const VIDEO = "launch";
/** Of another video than the one that is watched: what is asked here is the requests, not the likes. */
const FLOODED = "ov.publish.flooded";
const BURST = 2_000;

let world: World;
let viewer: Viewer;
let commenter: Commenter;

/** Requests until NATS has cut off somebody who doesn't read them. */
async function floodUntilCutOff(): Promise<void> {
  const admin = await world.admin();
  const like = JSON.stringify({ kind: "like", data: "x".repeat(3_000) });
  await eventually(async () => {
    for (let count = 0; count < BURST; count += 1) admin.publish(FLOODED, like);
    await admin.flush();
    return (await world.slowConsumers("nats-1")) > 0;
  });
  await admin.close();
}

describe.skipIf(lanFault() !== undefined)("a dispatcher that NATS cuts off as too slow", () => {
  beforeEach(async () => {
    world = await World.start({ nats: 1, gateways: 1, dispatchers: 1 });
    viewer = new Viewer(world.urls, VIDEO);
    await viewer.connected();
    commenter = new Commenter(world.urls, VIDEO, "ann");
    commenter.start();
    await commenter.goesOn();
  });
  afterEach(async () => {
    await commenter.stop();
    viewer.close();
    await world.end();
  });

  test("comes back by itself and counts it; publishers were told, and no comment is lost", async () => {
    const timeouts = 'ovation_gateway_refused_total{code="timeout"}';
    world.pause("dispatcher-1");
    await floodUntilCutOff();
    await eventually(async () => (await world.node("gateway-1").metric(timeouts)) > 0);
    world.resume("dispatcher-1");
    await eventually(
      async () => (await world.node("dispatcher-1").metric("ovation_bus_reconnects_total")) > 0,
    );
    await world.ready();
    await likesFlow(world.urls, VIDEO, [viewer]);
    await commenter.goesOn();
    await commenter.stop();
    await expectAllComments([viewer], [commenter]);
    expect(viewer.connections).toBe(1);
    await world.healthyTable();
  });
});

/** A dispatcher stands still while requests pour in, until NATS gives it up. */
import { afterEach, beforeEach, describe, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { likesFlow, type Viewer } from "./world/audience.ts";
import { lanFault } from "./world/lan.ts";
import { SmallWorld } from "./world/small.ts";
import type { World } from "./world/world.ts";

const VIDEO = "launch";
/** Of another video than the one that is watched: what is asked here is the requests, not the likes. */
const FLOODED = "ov.publish.flooded";
const BURST = 2_000;

let small: SmallWorld;
let world: World;
let viewer: Viewer;

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
    small = await SmallWorld.start();
    ({ world, viewer } = small);
  });
  afterEach(() => small.end());

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
    await small.allIsWell();
  });
});

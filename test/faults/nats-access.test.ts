/** NATS takes away what gateways and dispatchers are allowed, while they run, and gives it back. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { lanFault } from "./world/lan.ts";
import { SmallWorld } from "./world/small.ts";
import type { FaultCluster } from "./world/world.ts";

let small: SmallWorld;
let world: FaultCluster;

async function unready(...names: string[]): Promise<void> {
  await eventually(async () => {
    const all = await Promise.all(names.map((name) => world.node(name).isReady()));
    return !all.includes(true);
  });
}

/** How many watch the table; each process reads its part by one consumer. */
async function consumers(stream: string): Promise<number> {
  const admin = await world.admin();
  const reply = await admin.request(`$JS.API.STREAM.INFO.${stream}`);
  await admin.close();
  return (reply.json() as { state: { consumer_count: number } }).state.consumer_count;
}

describe.skipIf(lanFault() !== undefined)("NATS revokes", () => {
  beforeEach(async () => {
    small = await SmallWorld.start();
    ({ world } = small);
  });
  afterEach(() => small.end());

  async function allIsWell(): Promise<void> {
    await world.ready();
    await small.allIsWell();
  }

  test("the login of everybody: they say so, try again, and go on when it is given back", async () => {
    await world.configureNats((usual) => usual.replace(/(password: )\S+/g, '$1"another"'));
    await unready("gateway-1", "dispatcher-1");
    await world.configureNats();
    await allIsWell();
  });

  test("what a dispatcher or a gateway listens to: it is not deaf in silence", async () => {
    const without = (usual: string) =>
      usual.replace('"ov.publish.* dispatchers"', "").replaceAll('"ov.frontend.*.*"', '"ov.no"');
    await world.configureNats(without);
    await unready("gateway-1", "dispatcher-1");
    expect(await world.node("dispatcher-1").health()).toMatchObject({ status: "not ready" });
    expect(world.node("dispatcher-1").log).toContain("NATS does not permit us to subscribe");
    await world.configureNats();
    await allIsWell();
  });

  test("the connection again and again: no reader of the table is left behind on the server", async () => {
    for (let number = 1; number <= 10; number += 1) {
      const reconnects = await world.node("dispatcher-1").metric("ovation_bus_reconnects_total");
      await world.configureNats((usual) => usual.replace(/(password: )\S+/g, '$1"another"'));
      await unready("dispatcher-1");
      await world.configureNats();
      await eventually(
        async () =>
          (await world.node("dispatcher-1").metric("ovation_bus_reconnects_total")) > reconnects,
      );
      await world.ready();
    }
    await eventually(
      async () =>
        (await consumers("KV_ov_subscriptions")) === 1 &&
        (await consumers("KV_ov_frontends")) === 1,
    );
    await allIsWell();
  });
});

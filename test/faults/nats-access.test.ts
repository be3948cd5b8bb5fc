/** NATS revokes permissions of running gateways and dispatchers, and restores them. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import type { FaultCluster } from "./cluster/fault-cluster.ts";
import { lanFault } from "./cluster/lan.ts";
import { SmallCluster } from "./cluster/small-cluster.ts";

let small: SmallCluster;
let cluster: FaultCluster;

async function unready(...names: string[]): Promise<void> {
  await eventually(async () => {
    const all = await Promise.all(names.map((name) => cluster.node(name).isReady()));
    return !all.includes(true);
  });
}

/** How many consumers a bucket's stream has; each process reads its part through one. */
async function consumers(stream: string): Promise<number> {
  const admin = await cluster.admin();
  const reply = await admin.request(`$JS.API.STREAM.INFO.${stream}`);
  await admin.close();
  return (reply.json() as { state: { consumer_count: number } }).state.consumer_count;
}

describe.skipIf(lanFault() !== undefined)("NATS revokes", () => {
  beforeEach(async () => {
    small = await SmallCluster.start();
    ({ cluster } = small);
  });
  afterEach(() => small.end());

  async function expectHealthy(): Promise<void> {
    await cluster.ready();
    await small.expectHealthy();
  }

  test("every login: all processes report it, retry, and recover when it is restored", async () => {
    await cluster.configureNats((usual) => usual.replace(/(password: )\S+/g, '$1"another"'));
    await unready("gateway-1", "dispatcher-1");
    await cluster.configureNats();
    await expectHealthy();
  });

  test("the subscriptions of a dispatcher and a gateway: both report it", async () => {
    const without = (usual: string) =>
      usual.replace('"ov.publish.* dispatchers"', "").replaceAll('"ov.frontend.*.*"', '"ov.no"');
    await cluster.configureNats(without);
    await unready("gateway-1", "dispatcher-1");
    expect(await cluster.node("dispatcher-1").health()).toMatchObject({ status: "not ready" });
    expect(cluster.node("dispatcher-1").log).toContain("NATS does not permit us to subscribe");
    await cluster.configureNats();
    await expectHealthy();
  });

  test("the connection again and again: no consumer of the table is left behind on the server", async () => {
    for (let number = 1; number <= 10; number += 1) {
      const reconnects = await cluster.node("dispatcher-1").metric("ovation_bus_reconnects_total");
      await cluster.configureNats((usual) => usual.replace(/(password: )\S+/g, '$1"another"'));
      await unready("dispatcher-1");
      await cluster.configureNats();
      await eventually(
        async () =>
          (await cluster.node("dispatcher-1").metric("ovation_bus_reconnects_total")) > reconnects,
      );
      await cluster.ready();
    }
    await eventually(
      async () =>
        (await consumers("KV_ov_subscriptions")) === 1 &&
        (await consumers("KV_ov_frontends")) === 1,
    );
    await expectHealthy();
  });
});

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
      usual
        .replace('"ov.gateway.publish.*.* dispatchers"', "")
        .replaceAll('"ov.frontend.*.*"', '"ov.no"');
    await cluster.configureNats(without);
    await unready("gateway-1", "dispatcher-1");
    expect(await cluster.node("dispatcher-1").health()).toMatchObject({ status: "not ready" });
    expect(cluster.node("dispatcher-1").log).toContain("NATS does not permit us to subscribe");
    await cluster.configureNats();
    await expectHealthy();
  });
});

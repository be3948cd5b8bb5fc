/** How the subscription table comes right again: rows that are outdated, lost or wrong. */
import { Kvm } from "@nats-io/kv";
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { untilCount, useProcesses, useStack } from "../support/guarantee-stack.ts";
import { Load } from "../support/load.ts";
import { connectTo } from "../support/nats-users.ts";
import { metric } from "../support/stack.ts";
import { TestSocket, watch } from "../support/viewer.ts";

// However late a frame is, it carries each of its events.
const stack = useStack({ gateways: 2, gateway: { frameEvents: 10_000 } });
const spawned = useProcesses(stack);

test.each(["ov_subscriptions", "ov_frontends"])(
  "bucket %s, deleted under load, is recreated and filled without a restart, and delivery goes on meanwhile",
  async (bucket) => {
    const video = `without-${bucket}`;
    const viewer = await watch("json", stack().gatewayAt(0).port, video);
    await stack().mirrored(video, 1);
    const publisher = await TestSocket.connect(stack().gatewayAt(1).port);
    const load = new Load(publisher, video, 100);
    await eventually(() => load.result.accepted.size > 20);
    await stack().deleteBucket(bucket);
    const late = await watch("json", stack().gatewayAt(1).port, video);
    await stack().mirrored(video, 2);
    await untilCount([late], video, 2);
    await late.until(() => late.of(video, "like").length > 20);
    const { accepted, refused } = await load.stop();
    await viewer.until(() => viewer.of(video, "like").length >= accepted.size);
    const ids = viewer.of(video, "like").map(({ id }) => id);
    expect(ids.sort()).toEqual([...accepted].sort());
    expect(refused.size).toBe(0);
    // A lease later every gateway still counts, and none was declared dead.
    const [dispatcher] = stack().dispatchers;
    if (dispatcher === undefined) throw new Error("no dispatcher");
    const reads = await metric(dispatcher, "ovation_dispatcher_table_reads_total");
    await eventually(
      async () => (await metric(dispatcher, "ovation_dispatcher_table_reads_total")) > reads + 1,
    );
    expect(dispatcher.routes.viewers(video)).toBe(2);
    expect(await metric(dispatcher, "ovation_dispatcher_gateways_dead_total")).toBe(0);
    await Promise.all([viewer, late, publisher].map((socket) => socket.close()));
  },
);

test("a row that differs from what its gateway wrote is rewritten at the next reconciliation: a store may lose its newest writes", async () => {
  await watch("msgpack", stack().gatewayAt(0).port, "row");
  await watch("msgpack", stack().gatewayAt(0).port, "row");
  await stack().mirrored("row", 2);
  const admin = await connectTo(stack().nats.url);
  const table = await new Kvm(admin).open("ov_subscriptions");
  await table.put(`row.${stack().gatewayAt(0).id}`, "1");
  await stack().mirrored("row", 1);
  await stack().mirrored("row", 2);
  await admin.close();
});

test("a gateway that is paused longer than its lease loses its rows, and comes back with its viewers", async () => {
  const paused = await spawned("gateway");
  const viewer = await watch("json", paused.port, "paused");
  await stack().mirrored("paused", 1);
  paused.child.kill("SIGSTOP");
  await stack().mirrored("paused", 0);
  const [dispatcher] = stack().dispatchers;
  await eventually(() => dispatcher?.routes.row("paused", paused.id) === undefined);
  paused.child.kill("SIGCONT");
  await stack().mirrored("paused", 1);
  expect(await metric(paused, "ovation_gateway_lease_lost_total")).toBeGreaterThan(0);
  const publisher = await TestSocket.connect(stack().gatewayAt(1).port);
  await publisher.ask("publish", { video: "paused", kind: "like" });
  await viewer.until(() => viewer.of("paused", "like").length === 1);
  await publisher.close();
});

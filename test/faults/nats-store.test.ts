/** NATS refuses writes, deletes what it stored, or loses it in a power cut. */
import { cp, readdir, rm, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { Commenter, expectAllComments, likesFlow, Viewer } from "./cluster/audience.ts";
import { FaultCluster, type FaultClusterOptions } from "./cluster/fault-cluster.ts";
import { lanFault } from "./cluster/lan.ts";

const VIDEO = "launch";

let cluster: FaultCluster;
let viewers: Viewer[] = [];
let commenter: Commenter;

async function start(options: FaultClusterOptions): Promise<void> {
  cluster = await FaultCluster.start(options);
  viewers = Array.from({ length: 5 }, () => new Viewer(cluster.urls, VIDEO, { history: 0 }));
  await Promise.all(viewers.map((viewer) => viewer.connected()));
  commenter = new Commenter(cluster.urls, VIDEO, "ann");
  commenter.start();
  await commenter.goesOn();
}

async function checkOf(name: string, check: string): Promise<string | undefined> {
  const health = (await cluster.node(name).health()) as { checks: Record<string, string> };
  return health.checks[check];
}

describe.skipIf(lanFault() !== undefined)("what NATS stores", () => {
  afterEach(async () => {
    await commenter.stop();
    for (const viewer of viewers) viewer.close();
    await cluster.end();
  });

  test("does not fit on the disk: comments are refused with an error, likes flow, and all recovers when there is room", async () => {
    const flags = ["--history-total-bytes", "8388608"];
    await start({
      nats: 1,
      natsKind: "current", // nats-server 2.9 hangs when its disk is full.
      diskBytes: 32 * 1_048_576,
      gateways: 1,
      gatewayFlags: flags,
      dispatchers: 1,
      dispatcherFlags: flags,
    });
    await cluster.disk("nats-1").fill();
    await eventually(async () => (await checkOf("dispatcher-1", "history")) !== "ok");
    await likesFlow(cluster.urls, VIDEO, viewers);
    await cluster.disk("nats-1").empty();
    await commenter.goesOn();
    await cluster.ready();
    await commenter.stop();
    await expectAllComments(viewers, [commenter]);
    await cluster.healthyTable();
  });

  test("loses rows and their tombstones while a dispatcher is cut off: the dispatcher reads the table again", async () => {
    await start({ nats: 1, gateways: 1, dispatchers: 2, gatewayFlags: ["--linger-ms", "0"] });
    const passing = Array.from({ length: 5 }, (_, n) => new Viewer(cluster.urls, `video-${n}`));
    const rows = () => cluster.node("dispatcher-1").metric("ovation_dispatcher_table_rows");
    await eventually(async () => (await rows()) === 6);
    await cluster.cut("dispatcher-1", "nats");
    for (const viewer of passing) viewer.close();
    const other = () => cluster.node("dispatcher-2").metric("ovation_dispatcher_table_rows");
    await eventually(async () => (await other()) === 1);
    const admin = await cluster.admin();
    const purge = { filter: "$KV.ov_subscriptions.video-*.*" };
    await admin.request("$JS.API.STREAM.PURGE.KV_ov_subscriptions", JSON.stringify(purge));
    await admin.close();
    await eventually(async () => !(await cluster.node("dispatcher-1").isReady()));
    expect(await rows()).toBe(6);
    await cluster.heal();
    await eventually(async () => (await rows()) === 1);
    const removed = 'ovation_dispatcher_mirror_mended_total{change="removed"}';
    expect(await cluster.node("dispatcher-1").metric(removed)).toBe(5);
    await cluster.ready();
    await commenter.goesOn();
    await commenter.stop();
    await expectAllComments(viewers, [commenter]);
    await cluster.healthyTable();
  });

  test("loses its newest part when all servers lose power: the table is rebuilt, and viewers are notified of the lost history", async () => {
    await start({ nats: 3, gateways: 1, dispatchers: 1 });
    const names = cluster.all("nats").map(({ name }) => name);
    // Only what reached the disk by now is there afterwards, and not even all of that.
    for (const name of names)
      await cp(cluster.storeOf(name), `${cluster.storeOf(name)}.then`, COPY_OPTIONS);
    await commenter.goesOn(20);
    await Promise.all(names.map((name) => cluster.kill(name)));
    for (const name of names) {
      await rm(cluster.storeOf(name), { recursive: true });
      await cp(`${cluster.storeOf(name)}.then`, cluster.storeOf(name), COPY_OPTIONS);
      await tearLastBlocks(cluster.storeOf(name));
    }
    await Promise.all(names.map((name) => cluster.start(name)));
    await cluster.ready();
    await commenter.goesOn();
    await cluster.healthyTable();
    await Promise.all(viewers.map((viewer) => viewer.until(() => viewer.missed > 0)));
    // Servers whose disks differ take a while to agree on the contents.
    await commenter.goesOn(20);
    await commenter.stop();
    // From here on it is one chain again, the same for viewers that saw what is lost and for a new one.
    const last = [...commenter.stored.keys()].slice(-10);
    const late = new Viewer(cluster.urls, VIDEO, { history: 10 });
    viewers.push(late);
    await Promise.all(
      viewers.map((viewer) => viewer.until(() => viewer.comments.at(-1)?.id === last.at(-1))),
    );
    for (const viewer of viewers) {
      expect(viewer.comments.slice(-10).map(({ id }) => id)).toEqual(last);
    }
  });
});

const COPY_OPTIONS = { recursive: true, force: true };

/** Cuts a few bytes off every message block, as a write that a power cut interrupted leaves it. */
async function tearLastBlocks(store: string): Promise<void> {
  for (const entry of await readdir(store, { recursive: true })) {
    const path = join(store, entry);
    if (!/msgs\/\d+\.blk$/.test(path) || !path.includes("ov_history")) continue;
    const { size } = await stat(path);
    await truncate(path, Math.max(0, size - 7));
  }
}

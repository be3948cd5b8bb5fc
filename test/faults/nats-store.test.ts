/** What NATS stores is refused, forgotten, or lost with the power. */
import { cp, readdir, rm, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { Commenter, expectAllComments, likesFlow, Viewer } from "./world/audience.ts";
import { lanFault } from "./world/lan.ts";
import { FaultCluster, type WorldOptions } from "./world/world.ts";

const VIDEO = "launch";

let world: FaultCluster;
let viewers: Viewer[] = [];
let commenter: Commenter;

async function begin(options: WorldOptions): Promise<void> {
  world = await FaultCluster.start(options);
  viewers = Array.from({ length: 5 }, () => new Viewer(world.urls, VIDEO, 0));
  await Promise.all(viewers.map((viewer) => viewer.connected()));
  commenter = new Commenter(world.urls, VIDEO, "ann");
  commenter.start();
  await commenter.goesOn();
}

async function says(name: string, check: string): Promise<string | undefined> {
  const health = (await world.node(name).health()) as { checks: Record<string, string> };
  return health.checks[check];
}

describe.skipIf(lanFault() !== undefined)("what NATS stores", () => {
  afterEach(async () => {
    await commenter.stop();
    for (const viewer of viewers) viewer.close();
    await world.end();
  });

  test("finds no room on the disk: comments are refused aloud, likes flow, and all goes on when there is", async () => {
    const flags = ["--history-total-bytes", "8388608"];
    await begin({
      nats: 1,
      natsKind: "current", // One of 2.9 hangs when its disk is full.
      diskBytes: 32 * 1_048_576,
      gateways: 1,
      gatewayFlags: flags,
      dispatchers: 1,
      dispatcherFlags: flags,
    });
    await world.disk("nats-1").fill();
    await eventually(async () => (await says("dispatcher-1", "history")) !== "ok");
    await likesFlow(world.urls, VIDEO, viewers);
    await world.disk("nats-1").empty();
    await commenter.goesOn();
    await world.ready();
    await commenter.stop();
    await expectAllComments(viewers, [commenter]);
    await world.healthyTable();
  });

  test("lost rows while a dispatcher was cut off, and the markers of their removal: it reads the table anew", async () => {
    await begin({ nats: 1, gateways: 1, dispatchers: 2, gatewayFlags: ["--linger-ms", "0"] });
    const passing = Array.from({ length: 5 }, (_, n) => new Viewer(world.urls, `video-${n}`));
    const rows = () => world.node("dispatcher-1").metric("ovation_dispatcher_table_rows");
    await eventually(async () => (await rows()) === 6);
    await world.cut("dispatcher-1", "nats");
    for (const viewer of passing) viewer.close();
    const other = () => world.node("dispatcher-2").metric("ovation_dispatcher_table_rows");
    await eventually(async () => (await other()) === 1);
    const admin = await world.admin();
    const purge = { filter: "$KV.ov_subscriptions.video-*.*" };
    await admin.request("$JS.API.STREAM.PURGE.KV_ov_subscriptions", JSON.stringify(purge));
    await admin.close();
    await eventually(async () => !(await world.node("dispatcher-1").isReady()));
    expect(await rows()).toBe(6);
    await world.heal();
    await eventually(async () => (await rows()) === 1);
    const mended = 'ovation_dispatcher_mirror_mended_total{change="removed"}';
    expect(await world.node("dispatcher-1").metric(mended)).toBe(5);
    await world.ready();
    await commenter.goesOn();
    await commenter.stop();
    await expectAllComments(viewers, [commenter]);
    await world.healthyTable();
  });

  test("loses its newest part when the power of all servers goes: the table is made anew, viewers are told of the history", async () => {
    await begin({ nats: 3, gateways: 1, dispatchers: 1 });
    const names = world.all("nats").map(({ name }) => name);
    // What had reached the disk by now is what is there afterwards, and not even all of that.
    for (const name of names) await cp(world.storeOf(name), `${world.storeOf(name)}.then`, COPIED);
    await commenter.goesOn(20);
    await Promise.all(names.map((name) => world.kill(name)));
    for (const name of names) {
      await rm(world.storeOf(name), { recursive: true });
      await cp(`${world.storeOf(name)}.then`, world.storeOf(name), COPIED);
      await tearLastBlocks(world.storeOf(name));
    }
    await Promise.all(names.map((name) => world.start(name)));
    await world.ready();
    await commenter.goesOn();
    await world.healthyTable();
    await Promise.all(viewers.map((viewer) => viewer.until(() => viewer.missed > 0)));
    // Servers whose disks differ agree only by and by on what there is.
    await commenter.goesOn(20);
    await commenter.stop();
    // From there on it is one chain again, the same for those who saw what is gone and for a newcomer.
    const last = [...commenter.stored.keys()].slice(-10);
    const late = new Viewer(world.urls, VIDEO, 10);
    viewers.push(late);
    await Promise.all(
      viewers.map((viewer) => viewer.until(() => viewer.comments.at(-1)?.id === last.at(-1))),
    );
    for (const viewer of viewers) {
      expect(viewer.comments.slice(-10).map(({ id }) => id)).toEqual(last);
    }
  });
});

const COPIED = { recursive: true, force: true };

/** Cuts a few bytes off every block of messages, as a write that the power cut short leaves it. */
async function tearLastBlocks(store: string): Promise<void> {
  for (const entry of await readdir(store, { recursive: true })) {
    const path = join(store, entry);
    if (!/msgs\/\d+\.blk$/.test(path) || !path.includes("ov_history")) continue;
    const { size } = await stat(path);
    await truncate(path, Math.max(0, size - 7));
  }
}

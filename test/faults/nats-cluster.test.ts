/** A cluster of three nats-servers loses some of them, under likes and comments. */
import { Kvm } from "@nats-io/kv";
import type { NatsConnection } from "nats";
import { afterEach, describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { Commenter, expectAllComments, likesFlow, Viewer } from "./world/audience.ts";
import { lanFault } from "./world/lan.ts";
import { tell } from "./world/throng.ts";
import { World, type WorldOptions } from "./world/world.ts";

const VIDEO = "launch";
const STREAMS = ["KV_ov_subscriptions", "KV_ov_frontends", "ov_history"];
/** A cluster may take a good ten seconds to choose a new leader. */
const NEW_VIDEO_MS = 30_000;

let world: World;
let viewers: Viewer[];
let commenter: Commenter;

/** What health says of each part of a process. */
async function checks(name: string): Promise<Record<string, string>> {
  const health = (await world.node(name).health()) as { checks: Record<string, string> };
  return health.checks;
}

/** Notes each revision of the table that is not above the one before it. */
async function backwards(admin: NatsConnection): Promise<number[]> {
  const found: number[] = [];
  const table = await new Kvm(admin).open("ov_subscriptions");
  const watch = await table.watch();
  const read = async () => {
    let last = 0;
    for await (const { revision } of watch) {
      if (revision <= last) found.push(revision);
      last = revision;
    }
  };
  void read();
  return found;
}

describe.skipIf(lanFault() !== undefined)("a cluster of three nats-servers", () => {
  async function begin(more: Partial<WorldOptions> = {}): Promise<void> {
    world = await World.start({ nats: 3, gateways: 2, dispatchers: 2, ...more });
    viewers = Array.from({ length: 20 }, () => new Viewer(world.urls, VIDEO));
    await Promise.all(viewers.map((viewer) => viewer.connected()));
    commenter = new Commenter(world.urls, VIDEO, "ann");
    commenter.start();
    await commenter.goesOn();
  }
  afterEach(async () => {
    await commenter.stop();
    for (const viewer of viewers) viewer.close();
    await world.end();
  });

  /** A video has its first viewer, and each dispatcher hears of it. @returns when they had */
  async function newVideoIsHeardOf(video: string): Promise<number> {
    const dispatchers = world.all("dispatcher");
    const counts = () =>
      Promise.all(dispatchers.map((node) => node.metric("ovation_dispatcher_table_rows")));
    const before = await counts();
    const viewer = new Viewer(world.urls, video);
    await viewer.connected();
    await eventually(async () => {
      const now = await counts();
      return now.every((count, index) => count > (before[index] ?? 0));
    }, NEW_VIDEO_MS);
    await likesFlow(world.urls, video, [viewer]);
    const heardAt = performance.now();
    viewer.close();
    await eventually(async () => String(await counts()) === String(before), NEW_VIDEO_MS);
    return heardAt;
  }

  /** All comments came, and nobody lost the connection. */
  async function nobodyNoticed(): Promise<void> {
    await commenter.goesOn();
    await commenter.stop();
    await expectAllComments(viewers, [commenter]);
    expect(viewers.map(({ connections }) => connections)).toEqual(viewers.map(() => 1));
    await world.healthyTable();
  }

  test("loses any one: viewers keep their connections, no comment is lost, and new videos are heard of", async () => {
    // What is read whole must not hide that the changes are no longer heard.
    await begin({ dispatcherFlags: ["--reconcile-interval-ms", "240000"] });
    for (const name of ["nats-1", "nats-2", "nats-3"]) {
      await world.kill(name);
      const killedAt = performance.now();
      await commenter.goesOn();
      const tookMs = Math.round((await newVideoIsHeardOf(`after-${name}`)) - killedAt);
      tell(`${name} killed: comments and a new video's likes flow after ${tookMs} ms`);
      await world.start(name);
      await world.ready();
      await commenter.goesOn();
    }
    await nobodyNoticed();
  });

  test("loses two, and the quorum with them: likes flow from memory, comments wait, health says so", async () => {
    await begin();
    await world.kill("nats-1");
    await world.kill("nats-2");
    const stored = commenter.stored.size;
    await eventually(async () => {
      const { table, history } = await checks("dispatcher-1");
      return table !== "ok" && history !== "ok";
    });
    await likesFlow(world.urls, VIDEO, viewers);
    // Nothing can be stored by one of three, and nobody is told that it was.
    expect(commenter.stored.size - stored).toBeLessThanOrEqual(1);
    await world.startAll(["nats-1", "nats-2"]);
    await world.ready();
    await nobodyNoticed();
  });

  test("is split: who is connected to the lone server goes to the others, and no viewer notices", async () => {
    // Servers of 2.9 were seen to lose what they had confirmed, when they came together again.
    await begin({ natsKind: "current" });
    // Who was connected to one of the two is at the first now, and stays there.
    for (const name of ["nats-2", "nats-3"]) await world.kill(name);
    await eventually(async () => (await world.clientsOf("nats-1")) >= 4);
    await Promise.all(["nats-2", "nats-3"].map((name) => world.start(name)));
    await world.ready();
    await commenter.goesOn();
    for (const name of ["nats-2", "nats-3"]) await world.cut("nats-1", name);
    await eventually(async () => (await world.clientsOf("nats-1")) === 0);
    await commenter.goesOn();
    await likesFlow(world.urls, VIDEO, viewers);
    await world.heal();
    await world.ready();
    await nobodyNoticed();
  });

  test("has no quorum when a dispatcher and a gateway start: they wait, say so, and run with it", async () => {
    await begin();
    await world.kill("dispatcher-1");
    await world.kill("gateway-1");
    await world.kill("nats-1");
    await world.kill("nats-2");
    await world.node("dispatcher-1").launch();
    await world.node("gateway-1").launch();
    await eventually(async () => {
      const names = ["dispatcher-1", "gateway-1"];
      const all = await Promise.all(names.map((name) => checks(name).catch(() => undefined)));
      return all.every((said) => said?.["nats"] === "ok" && said["state"] === "starting");
    });
    // Longer than the client's own patience with JetStream.
    await new Promise((resolve) => setTimeout(resolve, 12_000));
    expect((await checks("dispatcher-1"))["state"]).toBe("starting");
    expect((await checks("gateway-1"))["state"]).toBe("starting");
    await world.startAll(["nats-1", "nats-2"]);
    await world.ready();
    await commenter.goesOn();
    await commenter.stop();
    await expectAllComments(viewers, [commenter]);
    await world.healthyTable();
  });

  test("has its leaders step down again and again: the table is right, and no revision goes backwards", async () => {
    await begin();
    const admin = await world.admin();
    const found = await backwards(admin);
    for (let number = 0; number < 10; number += 1) {
      const passing = new Viewer(world.urls, `video-${number}`);
      await passing.connected();
      for (const stream of STREAMS) {
        // One that has no leader just now has nobody to step down.
        await admin.request(`$JS.API.STREAM.LEADER.STEPDOWN.${stream}`).catch(() => undefined);
      }
      await commenter.goesOn();
      viewers.push(passing);
      if (number % 2 === 0) viewers.pop()?.close();
    }
    await commenter.stop();
    await expectAllComments(viewers.slice(0, 20), [commenter]);
    await world.healthyTable();
    expect(found).toEqual([]);
    await admin.close();
  });
});

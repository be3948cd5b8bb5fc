/** A cluster of three nats-servers loses some of them, under likes and comments. */
import { setTimeout as wait } from "node:timers/promises";
import { Kvm } from "@nats-io/kv";
import type { NatsConnection } from "nats";
import { afterEach, describe, expect, test } from "vitest";
import { rowKey } from "../../shared/protocol/subjects.ts";
import { eventually } from "../support/eventually.ts";
import { Commenter, expectAllComments, likesFlow, Viewer } from "./world/audience.ts";
import { Churn } from "./world/churn.ts";
import { lanFault } from "./world/lan.ts";
import { tell } from "./world/viewer-swarm.ts";
import { FaultCluster, type WorldOptions } from "./world/world.ts";

const VIDEO = "launch";
const BUCKETS = ["ov_subscriptions", "ov_frontends"];
const STREAMS = [...BUCKETS.map((bucket) => `KV_${bucket}`), "ov_history"];
/** A cluster may take a good ten seconds to choose a new leader. */
const NEW_VIDEO_MS = 30_000;
const STEPDOWN_EVERY_MS = 10_000;
/** For how long leaders step down; `OVATION_TEST_STEPDOWN_SECONDS` makes it shorter. */
const STEPDOWNS_MS = 1_000 * Number(process.env["OVATION_TEST_STEPDOWN_SECONDS"] ?? 300);

let world: FaultCluster;
let viewers: Viewer[];
let commenter: Commenter;

/** What health says of each part of a process. */
async function checks(name: string): Promise<Record<string, string>> {
  const health = (await world.node(name).health()) as { checks: Record<string, string> };
  return health.checks;
}

/** Reads a bucket as it grows: its last revision, and each that is not above the one before it. */
async function backwards(admin: NatsConnection, bucket: string): Promise<Revisions> {
  const found: Revisions = { last: 0, backwards: [] };
  const table = await new Kvm(admin).open(bucket);
  const watch = await table.watch();
  const read = async () => {
    for await (const { revision } of watch) {
      if (revision <= found.last) found.backwards.push(revision);
      found.last = revision;
    }
  };
  void read();
  return found;
}

interface Revisions {
  last: number;
  readonly backwards: number[];
}

/** Whether the stream's leader did: one that has none just now has nobody to step down. */
async function stepDown(admin: NatsConnection, stream: string): Promise<boolean> {
  return await admin.request(`$JS.API.STREAM.LEADER.STEPDOWN.${stream}`).then(
    (reply) => (reply.json() as { success?: boolean }).success === true,
    () => false,
  );
}

/** The table as it is stored: key and viewers, sorted. */
async function tableRows(admin: NatsConnection): Promise<[string, number][]> {
  const table = await new Kvm(admin).open("ov_subscriptions");
  const rows: [string, number][] = [];
  for await (const key of await table.keys()) {
    const entry = await table.get(key);
    if (entry?.operation === "PUT") rows.push([key, Number(entry.string())]);
  }
  return rows.sort();
}

describe.skipIf(lanFault() !== undefined)("a cluster of three nats-servers", () => {
  async function begin(more: Partial<WorldOptions> = {}): Promise<void> {
    world = await FaultCluster.start({ nats: 3, gateways: 2, dispatchers: 2, ...more });
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

  test(
    "has its leaders step down again and again while viewers come and go: the table is right, and no revision goes backwards",
    async () => {
      await begin({ gatewayFlags: ["--linger-ms", "1000"] });
      const churn = new Churn(world.urls, 50, 200, 20);
      const admin = await world.admin();
      try {
        const found = await Promise.all(BUCKETS.map((bucket) => backwards(admin, bucket)));
        let count = 0;
        for (const end = performance.now() + STEPDOWNS_MS; performance.now() < end; ) {
          for (const stream of STREAMS) count += Number(await stepDown(admin, stream));
          await Promise.all([commenter.goesOn(), wait(STEPDOWN_EVERY_MS)]);
        }
        await churn.stop();
        await commenter.stop();
        await expectAllComments(viewers, [commenter]);
        const due = churn.rows();
        for (const { gateway = "" } of viewers) {
          const key = rowKey(VIDEO, gateway);
          due.set(key, (due.get(key) ?? 0) + 1);
        }
        const truth = JSON.stringify([...due].sort());
        await eventually(async () => JSON.stringify(await tableRows(admin)) === truth);
        for (const dispatcher of world.all("dispatcher")) {
          await eventually(
            async () => (await dispatcher.metric("ovation_dispatcher_table_rows")) === due.size,
          );
        }
        await world.healthyTable();
        const mended = await Promise.all(
          world
            .all("dispatcher")
            .map((one) => one.metric("ovation_dispatcher_mirror_mended_total")),
        );
        tell(
          `${count} leaders stepped down, ${churn.moves} moves, ${due.size} rows in the end; ` +
            `last revisions ${found.map(({ last }) => last).join(" and ")}; ` +
            `rows that a mirror had to mend: ${mended.join(" and ")}`,
        );
        expect(count).toBeGreaterThan(STEPDOWNS_MS / STEPDOWN_EVERY_MS);
        expect(found.map(({ backwards }) => backwards)).toEqual([[], []]);
        expect(viewers.map(({ connections }) => connections)).toEqual(viewers.map(() => 1));
      } finally {
        churn.close();
        await admin.close();
      }
    },
    STEPDOWNS_MS + 240_000,
  );
});

/** Dispatchers come and go under likes and comments, and the partitions move between them. */
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { DEFAULT_PARTITIONS } from "../../shared/protocol/partitions.ts";
import { eventually } from "../support/eventually.ts";
import { Commenter, expectAllComments, likesFlow, Viewer } from "./cluster/audience.ts";
import { FaultCluster } from "./cluster/fault-cluster.ts";
import { lanFault } from "./cluster/lan.ts";
import { LikePublisher } from "./cluster/like-publisher.ts";
import { logFigures } from "./cluster/viewer-swarm.ts";

/** In partitions of their own. */
const VIDEOS = ["launch", "encore", "finale", "match-1", "match-2", "match-3"];
const LIKES_PER_SECOND = 40;
/** For how long dispatchers come and go; `OVATION_TEST_PARTITIONS_SECONDS` changes it. */
const STORY_MS = 1_000 * Number(process.env["OVATION_TEST_PARTITIONS_SECONDS"] ?? 60);
const STEP_MS = 1_000;
/** Dispatchers that may be out at the same time; both owners of a partition may be among them. */
const OUT_AT_ONCE = 2;

const cleanUps: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** The audience, commenter and likes of one video. */
class Room {
  readonly viewers: readonly Viewer[];
  readonly commenter: Commenter;
  readonly likes: LikePublisher;

  private constructor(urls: readonly string[], video: string, viewers: readonly Viewer[]) {
    this.viewers = viewers;
    this.commenter = new Commenter(urls, video, "ann");
    this.commenter.start();
    this.likes = new LikePublisher(urls, video, LIKES_PER_SECOND);
  }

  /** Viewers are there first: they must get every like that is accepted. */
  static async open(urls: readonly string[], video: string): Promise<Room> {
    const viewers = urls.map((url) => new Viewer([url], video, { patienceMs: 20_000 }));
    await Promise.all(viewers.map((viewer) => viewer.subscribed()));
    return new Room(urls, video, viewers);
  }

  close(): void {
    for (const viewer of this.viewers) viewer.close();
  }
}

/** Each dispatcher's partitions. */
async function served(cluster: FaultCluster): Promise<readonly number[]> {
  const nodes = cluster.all("dispatcher");
  return await Promise.all(nodes.map((node) => node.metric("ovation_dispatcher_partitions")));
}

/** Resolves when two dispatchers serve each partition, as far as there are two. */
async function settled(cluster: FaultCluster): Promise<void> {
  await eventually(async () => {
    const numbers = await served(cluster).catch(() => []);
    return numbers.reduce((sum, number) => sum + number, 0) === 2 * DEFAULT_PARTITIONS;
  }, 60_000);
}

/** What dispatchers do and suffer, one step a second. */
class Story {
  readonly done = { killed: 0, stopped: 0, cut: 0, back: 0 };
  readonly #cluster: FaultCluster;
  /** How each one that is out comes back. */
  readonly #out = new Map<string, () => Promise<void>>();
  readonly #busy = new Map<string, Promise<void>>();

  constructor(cluster: FaultCluster) {
    this.#cluster = cluster;
  }

  /** Takes one dispatcher out, or brings one back. */
  step(number: number): void {
    const nodes = this.#cluster.all("dispatcher");
    const name = nodes[number % nodes.length]?.name ?? "";
    if (this.#busy.has(name)) return;
    const work = this.#act(name, number).finally(() => this.#busy.delete(name));
    this.#busy.set(name, work);
  }

  /** Brings all back. */
  async end(): Promise<void> {
    await Promise.all(this.#busy.values());
    for (const back of this.#out.values()) await back();
  }

  async #act(name: string, number: number): Promise<void> {
    const back = this.#out.get(name);
    if (back !== undefined) {
      await back();
      this.#out.delete(name);
      this.done.back += 1;
      return;
    }
    if (this.#out.size >= OUT_AT_ONCE) return;
    const cluster = this.#cluster;
    const restart = async () => await cluster.start(name);
    switch (Math.floor(number / 3) % 3) {
      case 0:
        this.#out.set(name, restart);
        this.done.killed += 1;
        await cluster.kill(name);
        break;
      case 1:
        this.#out.set(name, restart);
        this.done.stopped += 1;
        await cluster.stop(name);
        break;
      default:
        this.#out.set(name, async () => await cluster.heal());
        this.done.cut += 1;
        await cluster.cut(name, "nats-1");
    }
  }
}

describe.skipIf(lanFault() !== undefined)("the partitions of four dispatchers", () => {
  test(
    "move while dispatchers come and go every second: no accepted like and no stored comment is lost, none is shown twice, and the table is right",
    async () => {
      const cluster = await FaultCluster.start({ nats: 1, gateways: 2, dispatchers: 4 });
      cleanUps.push(() => cluster.end());
      await settled(cluster);
      for (const number of await served(cluster)) expect(number).toBeLessThan(DEFAULT_PARTITIONS);
      const rooms = await Promise.all(VIDEOS.map((video) => Room.open(cluster.urls, video)));
      cleanUps.push(() => {
        for (const room of rooms) room.close();
      });
      await Promise.all(rooms.map(({ commenter }) => commenter.goesOn()));
      const story = new Story(cluster);
      const end = performance.now() + STORY_MS;
      for (let number = 0; performance.now() < end; number += 1) {
        story.step(number);
        await wait(STEP_MS);
      }
      await story.end();
      await cluster.ready();
      await settled(cluster);
      await Promise.all(rooms.map(({ commenter }) => commenter.goesOn()));
      for (const [index, { viewers, commenter, likes }] of rooms.entries()) {
        await Promise.all([commenter.stop(), likes.stop()]);
        for (const viewer of viewers) {
          await viewer
            .until(() => viewer.likes >= likes.accepted)
            .catch((cause: unknown) => {
              const text = `${VIDEOS[index]}: ${viewer.likes} shown of ${likes.accepted}`;
              throw new Error(text, { cause });
            });
          // One whose answer was lost may have been shown.
          expect(viewer.likes).toBeLessThanOrEqual(likes.accepted + likes.refused);
          expect(viewer.connections).toBe(1);
        }
        await expectAllComments(viewers, [commenter]);
        logFigures(
          `${VIDEOS[index]}: ${likes.accepted} likes accepted, ${likes.refused} refused; ` +
            `${commenter.stored.size} comments stored, ${commenter.errors.length} errors`,
        );
      }
      logFigures(`dispatchers: ${JSON.stringify(story.done)}; ${await served(cluster)} partitions`);
      for (const [index, { viewers }] of rooms.entries()) {
        await likesFlow(cluster.urls, VIDEOS[index] ?? "", viewers);
      }
      await cluster.healthyTable();
    },
    STORY_MS + 300_000,
  );
});

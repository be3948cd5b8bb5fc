/**
 * No acknowledged comment is lost, whatever is killed: dispatchers and gateways at random, and NATS
 * once, under many publishers and viewers.
 */
import { afterEach, expect, test } from "vitest";
import { expectContiguous } from "./chain.ts";
import { seedKinds } from "./kinds.ts";
import { startTestNats, type TestNats } from "./nats.ts";
import { ReturningViewer, StubbornPublisher } from "./persistent.ts";
import { type RoleProcess, spawnRole } from "./process.ts";
import { Chance } from "./random.ts";

export interface FireScale {
  readonly dispatchers: number;
  readonly gateways: number;
  readonly videos: number;
  readonly publishers: number;
  /** At least; they go on until NATS was killed and is back. */
  readonly commentsEach: number;
}

const VIEWERS_PER_VIDEO = 3;
/** Each publisher pauses up to this long before its next comment, so that there is time for the kills. */
const MOST_PAUSE_MS = 100;
const KILLS_APART_MS = [400, 1_600] as const;
const FLAGS = ["--lease-ms", "3000", "--lease-renew-ms", "500", "--history-events", "10000"];
const BYTES = ["--history-bytes", "16777216"];
const TIMEOUT_MS = 300_000;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Registers the test. */
export function testCommentsUnderFire(scale: FireScale): void {
  let nats: TestNats;
  const dispatchers: RoleProcess[] = [];
  const gateways: RoleProcess[] = [];

  afterEach(async () => {
    await Promise.all([...gateways, ...dispatchers].map((role) => role.kill9()));
    await nats?.stop();
  });

  const spawned = async (role: "gateway" | "dispatcher") =>
    await spawnRole(role, nats.url, [...FLAGS, ...BYTES]);

  test("every acknowledged comment is seen by every viewer that stays or comes back, in chain order, none twice", {
    timeout: TIMEOUT_MS,
  }, async () => {
    const videos = Array.from({ length: scale.videos }, (_, n) => `video-${n}`);
    const chance = new Chance("comments under fire");
    nats = await startTestNats();
    await seedKinds(nats.url);
    for (let n = 0; n < scale.dispatchers; n += 1) dispatchers.push(await spawned("dispatcher"));
    for (let n = 0; n < scale.gateways; n += 1) gateways.push(await spawned("gateway"));
    const any = { pick: () => chance.of(gateways).port };

    const viewers = videos.flatMap((video) =>
      Array.from({ length: VIEWERS_PER_VIDEO }, () => new ReturningViewer(video, any)),
    );
    await Promise.all(viewers.map((viewer) => viewer.start()));

    const published = new Map<string, Set<string>>(videos.map((video) => [video, new Set()]));
    const publishers = Array.from({ length: scale.publishers }, () => new StubbornPublisher(any));
    let isNatsBack = false;
    const publishing = publishers.map(async (publisher, p) => {
      for (let n = 0; n < scale.commentsEach || !isNatsBack; n += 1) {
        await pause(chance.between(0, MOST_PAUSE_MS));
        const video = chance.of(videos);
        const id = `p${p}-${n}`;
        await publisher.comment(video, id);
        published.get(video)?.add(id);
      }
    });

    let isOver = false;
    const kills: string[] = [];
    const kill = async (role: "gateway" | "dispatcher", list: RoleProcess[]) => {
      const index = chance.between(0, list.length - 1);
      kills.push(role);
      await list[index]?.kill9();
      list[index] = await spawned(role);
    };
    const killing = (async () => {
      while (!isOver) {
        await pause(chance.between(...KILLS_APART_MS));
        if (isOver) return;
        if (kills.length === 3) {
          kills.push("nats");
          await nats.kill9();
          await pause(chance.between(100, 1_500));
          await nats.restart();
          isNatsBack = true;
        } else if (kills.length === 0 || (kills.length > 1 && chance.between(0, 1) === 0)) {
          await kill("dispatcher", dispatchers);
        } else await kill("gateway", gateways);
      }
    })();
    await Promise.all(publishing);
    isOver = true;
    await killing;

    const seqById = new Map(publishers.flatMap(({ acknowledged }) => [...acknowledged]));
    expect(seqById.size).toBe([...published.values()].reduce((sum, { size }) => sum + size, 0));
    for (const video of videos) {
      const expected = published.get(video) ?? new Set();
      const ofVideo = viewers.filter((viewer) => viewer.video === video);
      await Promise.all(ofVideo.map((viewer) => viewer.has(expected)));
      for (const { comments, complaints } of ofVideo) {
        expect(complaints).toEqual([]);
        expect(new Set(comments.map(({ id }) => id)).size).toBe(comments.length);
        expect(comments.length).toBe(expected.size);
        expectContiguous(comments);
        for (const { id, seq } of comments) expect(seq).toBe(seqById.get(id));
        expect(comments).toEqual(ofVideo[0]?.comments);
      }
    }
    const refused = new Map<string, number>();
    for (const publisher of publishers) {
      for (const [code, count] of publisher.refused) {
        refused.set(code, (refused.get(code) ?? 0) + count);
      }
    }
    const returns = viewers.reduce((sum, { connections }) => sum + connections - 1, 0);
    process.stderr.write(
      `comments under fire: killed ${kills.join(" ")}; viewers came back ${returns} times; ` +
        `publishers retried after ${JSON.stringify(Object.fromEntries(refused))}\n`,
    );
    await Promise.all(viewers.map((viewer) => viewer.stop()));
    await Promise.all(publishers.map((publisher) => publisher.stop()));
  });
}

/** examples/postgres, run as its guide says: every acknowledged comment is in a real Postgres once, whatever is killed. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { seedKinds } from "../support/kinds.ts";
import { startTestNats, type TestNats } from "../support/nats.ts";
import { natsUrlAs } from "../support/nats-users.ts";
import { PageCode } from "../support/page-code.ts";
import { StubbornPublisher } from "../support/persistent.ts";
import { type RoleProcess, spawnRole } from "../support/process.ts";
import { Project } from "../support/project.ts";
import { Chance } from "../support/random.ts";
import { post } from "../support/viewer.ts";
import { hasPostgres, Postgres } from "./support/postgres.ts";
import { Supervised } from "./support/supervised.ts";

const FLAGS = ["--lease-ms", "3000", "--lease-renew-ms", "500", "--history-events", "10000"];
const VIDEOS = ["one", "two", "three"];
const PUBLISHERS = 8;
/** Of so many acknowledged comments, one is deleted. */
const DELETED_ONE_IN = 8;
const KILL_ROUNDS = 3;
const KILLED = ["example", "gateway", "nats", "postgres", "dispatcher"] as const;

let nats: TestNats;
let postgres: Postgres;
let gateway: RoleProcess;
let dispatcher: RoleProcess;
let program: Supervised;

beforeAll(async () => {
  if (!hasPostgres) return;
  const project = new Project("examples/postgres", {});
  await project.install();
  nats = await startTestNats();
  postgres = await Postgres.start();
  await seedKinds(nats.url);
  dispatcher = await spawned("dispatcher");
  gateway = await spawned("gateway");
  const guide = new PageCode("docs/guides/store-comments.md");
  const script = [guide.block("sh", "OVATION_NATS_URL"), guide.block("sh", "node main.js")]
    .join("\n")
    .replace(/nats:.*/, natsUrlAs("consumer", nats.url))
    .replace(/postgres:.*/, postgres.url)
    .replace("node main.js", "exec node main.js");
  program = new Supervised(script, { cwd: project.folder, env: process.env });
  program.start();
});
afterAll(async () => {
  await program?.stop();
  await gateway?.kill9();
  await dispatcher?.kill9();
  await postgres?.stop();
  await nats?.stop();
});

async function spawned(role: "gateway" | "dispatcher"): Promise<RoleProcess> {
  return await spawnRole(role, nats.url, FLAGS);
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** What is killed in turns, and comes back. */
const kill: Readonly<Record<(typeof KILLED)[number], (awayMs: number) => Promise<void>>> = {
  example: async () => program.kill9(),
  gateway: async () => {
    await gateway.kill9();
    gateway = await spawned("gateway");
  },
  dispatcher: async () => {
    await dispatcher.kill9();
    dispatcher = await spawned("dispatcher");
  },
  nats: async (awayMs) => {
    await nats.kill9();
    await pause(awayMs);
    await nats.restart();
  },
  postgres: async (awayMs) => {
    await postgres.kill9();
    await pause(awayMs);
    await postgres.restart();
  },
};

/** Deletes a comment, however often that has to be asked for. */
async function remove(video: string, id: string): Promise<void> {
  for (;;) {
    const url = `http://127.0.0.1:${gateway.port}/v1/videos/${video}/events/${id}`;
    const answer = await fetch(url, { method: "DELETE" }).catch(() => undefined);
    if (answer?.ok === true) return;
    await pause(50);
  }
}

async function stored(): Promise<string[]> {
  return (await postgres.query("SELECT video, id FROM comments")).sort();
}

describe.skipIf(!hasPostgres)("the example postgres", () => {
  test("has every acknowledged comment once, and none that was deleted, whatever is killed", async () => {
    const chance = new Chance("comments into Postgres");
    const kept = new Set<string>();
    let deleted = 0;
    let isOver = false;
    const publishers = Array.from(
      { length: PUBLISHERS },
      () => new StubbornPublisher({ pick: () => gateway.port }),
    );
    const publishing = publishers.map(async (publisher, p) => {
      for (let n = 0; !isOver; n += 1) {
        const video = chance.of(VIDEOS);
        const id = `p${p}-${n}`;
        await publisher.comment(video, id);
        if (chance.between(1, DELETED_ONE_IN) === 1) {
          await pause(chance.between(0, 200));
          await remove(video, id);
          deleted += 1;
        } else kept.add(`${video}|${id}`);
        await pause(chance.between(0, 40));
      }
    });
    for (let round = 0; round < KILL_ROUNDS; round += 1) {
      for (const name of KILLED) {
        await pause(chance.between(500, 1_500));
        await kill[name](chance.between(0, 1_500));
      }
    }
    isOver = true;
    await Promise.all(publishing);
    await Promise.all(publishers.map((publisher) => publisher.stop()));
    await expect
      .poll(async () => (await stored()).length, { timeout: 60_000, interval: 250 })
      .toBe(kept.size);
    expect(await stored(), program.errors).toEqual([...kept].sort());
    // Nothing went out of the history unread.
    expect(program.errors).not.toContain("comments are missing");
    process.stderr.write(
      `${kept.size} comments kept, ${deleted} deleted, ${program.starts} starts of the example\n`,
    );
  });

  test("a comment that is hard to store is stored, and a video that is erased is gone", async () => {
    const { port } = gateway;
    const data = { text: "NUL \u0000, {\"braces\"}, 'quotes', \\, ünï" };
    expect((await post(port, "hard", { kind: "comment", id: "hard", data })).status).toBe(200);
    const of = async (video: string) =>
      await postgres.query(`SELECT data FROM comments WHERE video = '${video}'`);
    await expect.poll(() => of("hard"), { timeout: 20_000 }).toHaveLength(1);
    const url = `http://127.0.0.1:${port}/v1/videos/one`;
    // So many messages take longer to erase than one answer is waited for.
    const erased = async () => (await fetch(url, { method: "DELETE" })).ok;
    await expect.poll(erased, { timeout: 60_000 }).toBe(true);
    await expect.poll(() => of("one"), { timeout: 20_000 }).toEqual([]);
  });

  test("it ends when it is asked to", async () => {
    expect(await program.stop()).toBe(0);
  });
});

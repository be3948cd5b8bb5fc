/**
 * The version before this one beside it, as during an upgrade and a way back: each role with each, under
 * load. It needs a nats-server and git only, no Kubernetes.
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Ovation } from "../../sdk/index.ts";
import { eventually } from "../support/eventually.ts";
import { startTestNats, type TestNats } from "../support/nats.ts";
import { type RoleProcess, spawnRole } from "../support/process.ts";

/** The version before this one: a release's tag, and until there is one, an earlier commit. */
const BEFORE = "69aad0db";
const ROOT = join(import.meta.dirname, "../..");
const VIDEO = "launch";
/** Comments and likes of each publisher at each stage. */
const EACH = 20;
const run = promisify(execFile);

let before: string;
let nats: TestNats;
const clients: Ovation[] = [];
const processes = new Set<RoleProcess>();

beforeAll(async () => {
  before = await mkdtemp(join(tmpdir(), "ovation-before-"));
  await run("sh", ["-c", 'git archive "$0" | tar --extract --directory "$1"', BEFORE, before], {
    cwd: ROOT,
  });
  await symlink(join(ROOT, "node_modules"), join(before, "node_modules"));
  nats = await startTestNats();
});

afterAll(async () => {
  for (const client of clients) client.close();
  await Promise.all([...processes].map((one) => one.kill9()));
  await nats?.stop();
  if (before !== undefined) await rm(before, { recursive: true, force: true });
});

async function started(role: "gateway" | "dispatcher", version: "before" | "now") {
  const options = version === "before" ? { folder: before } : {};
  const one = await spawnRole(role, nats.url, ["--history-events", "10000"], options);
  processes.add(one);
  return one;
}

async function stopped(one: RoleProcess): Promise<void> {
  processes.delete(one);
  expect(await one.stop()).toBe(0);
}

/** Watches and publishes at one gateway. */
class Audience {
  readonly comments: string[] = [];
  likes = 0;
  readonly #client: Ovation;

  constructor({ port }: RoleProcess) {
    this.#client = new Ovation({ url: `http://127.0.0.1:${port}` });
    clients.push(this.#client);
    const video = this.#client.video(VIDEO, { history: 1_000 });
    video.on("comment", ({ id }) => this.comments.push(id));
    video.on("like", () => {
      this.likes += 1;
    });
  }

  /** @returns the ids of the comments that were acknowledged */
  async publish(): Promise<string[]> {
    const ids: string[] = [];
    for (let count = 0; count < EACH; count += 1) {
      const { eventId } = await this.#client.video(VIDEO).publish("comment", { text: "hello" });
      ids.push(eventId);
      await this.#client.video(VIDEO).publish("like");
    }
    return ids;
  }

  async kept(): Promise<string[]> {
    const { events } = await this.#client.video(VIDEO).readHistory({ limit: 1_000 });
    return events.map(({ id }) => id);
  }
}

test("gateways and dispatchers of two versions work together, whichever is the newer", async () => {
  const acknowledged = new Set<string>();
  const audiences: Audience[] = [];
  /** Everyone publishes, and everyone sees all comments once, in one order. */
  const stage = async () => {
    const published = await Promise.all(audiences.map((audience) => audience.publish()));
    for (const id of published.flat()) acknowledged.add(id);
    await eventually(() => audiences.every(({ comments }) => comments.length >= acknowledged.size));
    for (const { comments } of audiences) {
      expect(new Set(comments)).toEqual(acknowledged);
      expect(comments).toEqual(audiences[0]?.comments);
    }
  };

  const oldDispatcher = await started("dispatcher", "before");
  const oldGateway = await started("gateway", "before");
  audiences.push(new Audience(oldGateway));
  await stage();

  // An upgrade: dispatchers first, and then gateways.
  const newDispatcher = await started("dispatcher", "now");
  await stage();
  const newGateway = await started("gateway", "now");
  audiences.push(new Audience(newGateway));
  await stage();
  await stopped(oldDispatcher);
  await stage();

  // The way back: the new gateway with a dispatcher of the version before.
  await started("dispatcher", "before");
  await stopped(newDispatcher);
  await stage();
  for (const audience of audiences) {
    expect(audience.likes).toBeGreaterThan(0);
    expect(await audience.kept()).toEqual(audience.comments);
  }
});

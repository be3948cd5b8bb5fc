/** What webhooks promise, while instances are killed and endpoints are away. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { freePort } from "../../kit/nats/free-port.ts";
import { eventually } from "../support/eventually.ts";
import { ACCEPT, answerWith, HookReceiver } from "../support/hook-receiver.ts";
import { TestHooks } from "../support/hooks.ts";
import { natsUrlAs } from "../support/nats-users.ts";
import { TestStack } from "../support/stack.ts";
import { Comments } from "./support/comments.ts";
import { HooksProcess } from "./support/hooks-process.ts";

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, "../..");
const FOLDER = join(ROOT, ".cache/test-hooks");
const PAGE = readFileSync(join(ROOT, "docs/webhooks.md"), "utf8");
const VIDEOS = ["one", "two", "three"];
const PATIENCE_MS = 180_000;
/** How long the endpoint is away; a minute by OVATION_TEST_AWAY_MS=60000. */
const AWAY_MS = Number(process.env["OVATION_TEST_AWAY_MS"] ?? 15_000);
/**
 * What an hour brings at 200 comments a second. Waits double from a second to two minutes, and each is
 * a random part of that: some ten attempts in the first minutes, and then one a minute. Here waits are
 * a sixtieth, and comments come as fast as this machine stores them.
 */
const HOUR = {
  comments: Number(process.env["OVATION_TEST_AWAY_COMMENTS"] ?? 720_000),
  attempts: 68,
};
/** More than it stores. */
const AWAY_PER_SECOND = 10_000;
const HOUR_MS = 3_000_000;
/** Bytes of the heap that come and go. */
const HEAP_SWING_BYTES = 12_000_000;
/** Of the process, with garbage that is not collected yet: half of what the hour's events take. */
const RESIDENT_SWING_BYTES = 96_000_000;

let stack: TestStack;
let files: TestHooks;
let receiver: HookReceiver;
const processes: HooksProcess[] = [];

beforeAll(() => mkdirSync(FOLDER, { recursive: true }));

beforeEach(async () => {
  stack = await TestStack.start();
  files = new TestHooks(stack.nats.url);
  receiver = new HookReceiver();
  await receiver.start();
});

afterEach(async () => {
  for (const one of processes.splice(0)) await one.kill();
  await receiver.stop();
  await files.stop();
  await stack.stop();
});

async function started(settings: Record<string, string> = {}): Promise<HooksProcess> {
  const one = await HooksProcess.start(stack.nats.url, {
    HOOKS_URL: receiver.url,
    HOOKS_SECRET_FILE: files.file("secret", receiver.secret),
    ...settings,
  });
  processes.push(one);
  return one;
}

/** Ids of comments of a video, each at its first delivery. */
function delivered(video: string): string[] {
  const ids = receiver.of("comment.stored").filter((event) => event.video === video);
  return [...new Set(ids.map(({ data }) => data.id))];
}

async function allDelivered({ published }: Comments): Promise<void> {
  for (const [video, ids] of published) {
    await eventually(() => delivered(video).length >= ids.length, PATIENCE_MS);
    expect(delivered(video)).toEqual(ids);
  }
  expect(receiver.faults).toEqual([]);
}

test("the one that works is killed again and again under 200 comments a second: nothing is lost, all is in order, and repeats have their ids", async () => {
  await Promise.all([started(), started()]);
  await eventually(async () =>
    (await Promise.all(processes.map((one) => one.isActive()))).includes(true),
  );
  const comments = new Comments(stack.gateway.port, VIDEOS, 200);
  comments.start();
  for (let round = 0; round < 4; round += 1) {
    const before = receiver.accepted.length;
    await eventually(() => receiver.accepted.length > before + 20, PATIENCE_MS);
    const active = await Promise.all(processes.map((one) => one.isActive()));
    const at = active.indexOf(true);
    await processes.splice(at, 1)[0]?.kill();
    await started();
  }
  await comments.stop();
  await allDelivered(comments);
  const webhooks = new Map<string, Set<string>>();
  for (const { id, events } of receiver.received) {
    for (const event of events) {
      webhooks.set(event.id, (webhooks.get(event.id) ?? new Set()).add(id));
    }
  }
  expect([...webhooks].filter(([, ids]) => ids.size > 1)).toEqual([]);
  const bodies = new Map(receiver.received.map(({ id, body }) => [id, body]));
  expect(receiver.received.filter(({ id, body }) => bodies.get(id) !== body)).toEqual([]);
});

test("an endpoint that was away under 200 comments a second gets all in order", async () => {
  const active = await started();
  await eventually(() => active.isActive());
  receiver.answer = answerWith(503);
  const comments = new Comments(stack.gateway.port, VIDEOS, 200);
  comments.start();
  await wait(AWAY_MS);
  receiver.answer = ACCEPT;
  await wait(2_000);
  await comments.stop();
  await allDelivered(comments);
});

test("an endpoint that is away for as many attempts and comments as an hour has costs no memory", {
  timeout: HOUR_MS,
}, async () => {
  const active = await started({ HOOKS_RETRY_MIN_MS: "20", HOOKS_RETRY_MAX_MS: "2000" });
  await eventually(() => active.isActive());
  receiver.answer = answerWith(503);
  let attempts = 0;
  const comments = new Comments(stack.gateway.port, VIDEOS, AWAY_PER_SECOND);
  comments.start();
  /** The least memory of some seconds: what is there between collections of garbage. */
  const least = async () => {
    let [heap, resident] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (let sample = 0; sample < 20; sample += 1) {
      heap = Math.min(heap, await active.metric("nodejs_heap_size_used_bytes"));
      resident = Math.min(resident, await active.metric("process_resident_memory_bytes"));
      attempts += receiver.received.splice(0).length;
      await wait(250);
    }
    return { heap, resident };
  };
  const published = (share: number) => comments.total >= share * HOUR.comments;
  // The first attempts load what later ones use.
  await eventually(() => published(0.1), HOUR_MS);
  const before = await least();
  while (!published(1) || attempts < HOUR.attempts) await least();
  const after = await least();
  await comments.stop();
  const waiting = await active.metric("ovation_hooks_waiting_messages");
  const seen = { comments: comments.total, attempts, waiting, before, after };
  process.stderr.write(`${JSON.stringify(seen)}\n`);
  expect(after.heap).toBeLessThan(before.heap + HEAP_SWING_BYTES);
  expect(after.resident).toBeLessThan(before.resident + RESIDENT_SWING_BYTES);
  expect(waiting).toBeGreaterThan(100);
  expect(await active.metric("ovation_hooks_lost_total")).toBe(0);
});

test("the page's commands run as printed", async () => {
  const active = await started();
  await eventually(() => active.isActive());
  const [, block = ""] = /## The commands\n.*?```sh\n(.*?)```/s.exec(PAGE) ?? [];
  const lines = block.trim().split("\n");
  expect(lines).toHaveLength(6);
  const env = {
    PATH: process.env["PATH"] ?? "",
    OVATION_NATS_URL: natsUrlAs("hooks", stack.nats.url),
  };
  for (const line of lines) {
    const args = line.split(" ").slice(1);
    const { stdout } = await run(process.execPath, [join(ROOT, "cli/main.ts"), ...args], { env });
    expect(stdout).not.toBe("");
  }
});

/** A block of code of the page. */
function printed(language: string): string {
  return new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, "s").exec(PAGE)?.[1] ?? "";
}

test("the published libraries of Standard Webhooks verify every webhook, in Python as printed and in Node", async () => {
  const python = join(FOLDER, "venv/bin/python");
  if (!existsSync(python)) {
    await run("python3", ["-m", "venv", join(FOLDER, "venv")]);
    const requirements = join(import.meta.dirname, "requirements.txt");
    await run(join(FOLDER, "venv/bin/pip"), ["install", "-q", "-r", requirements]);
  }
  writeFileSync(join(FOLDER, "package.json"), JSON.stringify({ private: true }));
  await run("npm", ["install", "--no-audit", "--no-fund", "standardwebhooks@1.1.1"], {
    cwd: FOLDER,
  });
  const path = join(FOLDER, "node_modules/standardwebhooks/dist/index.js");
  const { Webhook } = (await import(path)) as {
    Webhook: new (secret: string) => { verify(body: string, headers: object): unknown };
  };
  const faults: unknown[] = [];
  const verified: string[] = [];
  const webhook = new Webhook(receiver.secret);
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += part;
    try {
      const { data } = webhook.verify(body, request.headers) as {
        data: { events: { id: string }[] };
      };
      verified.push(...data.events.map(({ id }) => id));
      response.writeHead(204).end();
    } catch (error) {
      faults.push(error);
      response.writeHead(401).end();
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const pythonPort = await freePort();
  writeFileSync(join(FOLDER, "receiver.py"), printed("python"));
  const child: ChildProcess = spawn(python, [join(FOLDER, "receiver.py")], {
    env: { PORT: String(pythonPort), WEBHOOK_SECRETS: receiver.secret },
    stdio: ["ignore", "pipe", "ignore"],
  });
  const inPython: string[] = [];
  if (child.stdout !== null) {
    createInterface(child.stdout).on("line", (line) => {
      inPython.push(...[...line.matchAll(/'([^']+)'/g)].map(([, id = ""]) => id));
    });
  }
  try {
    const secretFile = files.file("secret", receiver.secret);
    const nodePort = (server.address() as AddressInfo).port;
    const endpoints = [
      { name: "node", url: `http://127.0.0.1:${nodePort}/`, secretFile },
      { name: "python", url: `http://127.0.0.1:${pythonPort}/`, secretFile },
    ];
    const hooks = await HooksProcess.start(stack.nats.url, {
      HOOKS_FILE: files.file("hooks.json", JSON.stringify({ endpoints })),
    });
    processes.push(hooks);
    await eventually(() => hooks.isActive());
    const comments = new Comments(stack.gateway.port, VIDEOS, 100);
    comments.start();
    await wait(3_000);
    await comments.stop();
    await eventually(() => new Set(verified).size >= comments.total, PATIENCE_MS);
    await eventually(() => new Set(inPython).size >= comments.total, PATIENCE_MS);
    expect(faults).toEqual([]);
    expect(await hooks.metric("ovation_hooks_dead_total")).toBe(0);
  } finally {
    child.kill("SIGKILL");
    server.close();
  }
});

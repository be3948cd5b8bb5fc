/** `ovation store backup`, `restore`, `move` and `purge`: what is kept is kept, with its positions. */
import { appendFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ovationAs, type Ran } from "../support/cli.ts";
import { eventually } from "../support/eventually.ts";
import { natsUrlAs } from "../support/nats-users.ts";
import { metric, TestStack } from "../support/stack.ts";
import { post, TestSocket } from "../support/viewer.ts";

const VIDEO = "kept";
let folder: string;
let first: TestStack;
let seqs: number[];
let epoch: unknown;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ovation-backup-"));
  first = await TestStack.start();
  const comments = ["one", "two", "three"].map((text) => ({ kind: "comment", data: { text } }));
  const stored = await post(first.gateway.port, VIDEO, comments);
  seqs = stored.body["seqs"] as number[];
  await post(first.gateway.port, VIDEO, { kind: "like" });
  await eventually(async () => isDeepStrictEqual(await totalsOf(first), { like: 1, comment: 3 }));
  ({ epoch } = await pageOf(first));
});
afterAll(async () => {
  await first?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function store(stack: TestStack, ...words: string[]): Promise<Ran> {
  return await ovationAs("admin", stack.nats.url, "store", ...words);
}

async function get(stack: TestStack, path: string): Promise<Record<string, unknown>> {
  const answer = await fetch(`http://127.0.0.1:${stack.gateway.port}/v1/videos/${VIDEO}${path}`);
  return (await answer.json()) as Record<string, unknown>;
}

async function totalsOf(stack: TestStack): Promise<unknown> {
  const { totals } = await get(stack, "");
  return totals;
}

/** What came after the first comment. */
async function pageOf(stack: TestStack): Promise<Record<string, unknown>> {
  return await get(stack, `/history?after=${seqs[0]}`);
}

test("a backup that is restored into another NATS goes on there: positions, order, totals", async () => {
  const backup = join(folder, "backup");
  expect(await store(first, "backup", backup)).toMatchObject({ code: 0, stderr: "" });

  const second = await TestStack.start({ gateways: 0, dispatchers: 0 });
  expect(await store(second, "restore", backup)).toMatchObject({ code: 0, stderr: "" });
  await second.addDispatcher();
  await second.addGateway();
  const page = await pageOf(second);
  expect(page).toMatchObject({ epoch, recovered: true });
  expect((page["events"] as { seq: number }[]).map(({ seq }) => seq)).toEqual(seqs.slice(1));
  expect(await totalsOf(second)).toEqual({ like: 1, comment: 3 });

  const viewer = await TestSocket.connect(second.gateway.port);
  const resumed = await viewer.ask("subscribe", { video: VIDEO, after: seqs[1], epoch });
  expect(resumed).toMatchObject({ op: "result", recovered: true });
  const next = await post(second.gateway.port, VIDEO, { kind: "comment", data: { text: "four" } });
  const [seq = 0] = next.body["seqs"] as number[];
  expect(seq).toBeGreaterThan(seqs.at(-1) ?? 0);
  expect(await metric(second.gateway, "ovation_gateway_history_resets_total")).toBe(0);

  // A dispatcher would write meanwhile; and what is there now is not replaced unasked.
  const running = await store(second, "restore", backup);
  expect(running).toMatchObject({ code: 1, stdout: "" });
  expect(running.stderr).toMatch(/^A dispatcher runs there/);
  await Promise.all(second.dispatchers.splice(0).map((one) => one.stop()));
  const full = await store(second, "restore", backup);
  expect(full.stderr).toMatch(/^There is something already in .*ov_history \(2 messages\)/);
  await appendFile(join(backup, "ov_history.snapshot"), "x");
  const damaged = await store(second, "restore", backup, "--allow-loss");
  expect(damaged.stderr).toBe("ov_history.snapshot is not what was saved: its SHA-256 differs\n");
  await second.stop();
});

test("a purged video is gone for everyone, is recorded with who did it, and looks like no loss", async () => {
  const viewer = await TestSocket.connect(first.gateway.port);
  await viewer.ask("subscribe", { video: "purged" });
  await post(first.gateway.port, "purged", { kind: "comment", data: { text: "one" } });
  const purged = await store(first, "purge", "purged", "--json");
  expect(purged).toMatchObject({ code: 0, stdout: '{"video":"purged","events":1}\n' });
  const answer = await fetch(`http://127.0.0.1:${first.gateway.port}/v1/videos/purged/moderation`);
  expect(JSON.stringify(await answer.json())).toContain('"act":"video.erase","by":"cli:');
  const after = await post(first.gateway.port, "purged", {
    kind: "comment",
    data: { text: "two" },
  });
  expect(after.status).toBe(200);
  await eventually(async () => {
    const page = await fetch(`http://127.0.0.1:${first.gateway.port}/v1/videos/purged/history`);
    return JSON.stringify(await page.json()).includes("two");
  });
  expect(await metric(first.gateway, "ovation_gateway_history_resets_total")).toBe(0);
  expect(await metric(first.gateway, "ovation_gateway_history_erased_total")).toBe(1);
});

test("a move to another NATS takes all along, once no dispatcher writes", async () => {
  const second = await TestStack.start({ gateways: 0, dispatchers: 0 });

  const to = ["--to", natsUrlAs("admin", second.nats.url)];
  expect((await store(first, "move", ...to)).stderr).toMatch(/^A dispatcher runs here/);
  await Promise.all(first.dispatchers.splice(0).map((one) => one.stop()));
  expect(await store(first, "move", ...to)).toMatchObject({ code: 0, stderr: "" });
  await second.addDispatcher();
  await second.addGateway();
  expect(await pageOf(second)).toMatchObject({ epoch, recovered: true });
  expect(await totalsOf(second)).toEqual({ like: 1, comment: 3 });
  await second.stop();
});

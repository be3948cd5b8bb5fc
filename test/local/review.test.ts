/** Review before publish, with the reviewers of docs/moderation.md as printed there. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../../kit/nats/free-port.ts";
import type { Kind } from "../../shared/protocol/kinds.ts";
import { eventually } from "../support/eventually.ts";
import { connectTo, TEST_PASSWORDS } from "../support/nats-users.ts";
import { TestStack } from "../support/stack.ts";
import { SECRET, tokenOf, VIEWER } from "../support/tokens.ts";
import { post, TestSocket } from "../support/viewer.ts";

const ROOT = join(import.meta.dirname, "../..");
const PAGE = readFileSync(join(ROOT, "docs/moderation.md"), "utf8");
/** Within the repository, so that the example finds its packages. */
const folder = mkdtempSync(join(ROOT, ".cache/review-"));
const kinds: readonly Kind[] = [
  { name: "like", deliveryClass: "transient" },
  { name: "comment", deliveryClass: "durable", review: true },
];
const running: ChildProcess[] = [];
let stack: TestStack;

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the page's example in this language. */
function run(command: string, language: string, env: Record<string, string>): ChildProcess {
  const [, code = ""] = new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, "s").exec(PAGE) ?? [];
  const file = join(folder, language === "python" ? "reviewer.py" : "reviewer.mjs");
  writeFileSync(file, code);
  const child = spawn(command, [file], { env: { ...process.env, ...env }, stdio: "ignore" });
  running.push(child);
  return child;
}

async function started(dispatcher: { reviewUrl?: string; reviewFailure: "open" | "closed" }) {
  stack = await TestStack.start({
    gateway: { kinds, open: false, authSecret: SECRET },
    dispatcher: { kinds, reviewBudgetMs: 3_000, ...dispatcher },
  });
}

async function stopped() {
  for (const child of running.splice(0)) child.kill("SIGKILL");
  await stack.stop();
}

const publish = async (text: string, id: string, scope = "") => {
  const token = await tokenOf({ ...VIEWER, sub: "anna", scope });
  const { status, body } = await post(
    stack.gateway.port,
    "launch",
    { kind: "comment", id, data: { text } },
    token,
  );
  const { code, message } = (body["error"] ?? {}) as { code?: string; message?: string };
  return { status, code, message };
};

async function watching(actor: string): Promise<TestSocket> {
  const token = await tokenOf({ ...VIEWER, sub: actor });
  const socket = await TestSocket.connect(stack.gateway.port, "json", token);
  await socket.ask("subscribe", { video: "launch" });
  return socket;
}

const textsOf = (viewer: TestSocket) =>
  viewer.of("launch", "comment").map(({ data }) => (data as { text: string }).text);

describe("by NATS, open", () => {
  beforeAll(async () => {
    await started({ reviewFailure: "open" });
    const { url } = stack.nats;
    run(process.execPath, "js", { NATS_URL: url, NATS_PASSWORD: TEST_PASSWORDS.publisher });
    const asker = await connectTo(url, "dispatcher");
    const probe = JSON.stringify({ kind: "comment", events: [] });
    const ask = () => asker.request("ov.review.comment", probe, { timeout: 200 });
    await eventually(async () => await ask().then(Boolean, () => false));
    await asker.close();
  });
  afterAll(stopped);

  test("each comment is allowed, denied, replaced or shown to its author alone, in order", async () => {
    const author = await watching("anna");
    const other = await watching("ben");
    await stack.mirrored("launch", 2);
    const send = (text: string, eventId: string) =>
      author.ask("publish", { video: "launch", kind: "comment", eventId, data: { text } });
    const texts = ["first", "some spam", "oh damn", "buy my coins", "last"];
    const answers = await Promise.all(texts.map((text, index) => send(text, `c-${index}`)));
    expect(answers.map(({ op, code }) => code ?? op)).toEqual([
      "result",
      "denied",
      "result",
      "result",
      "result",
    ]);
    await other.until(() => textsOf(other).includes("last"));
    expect(textsOf(other)).toEqual(["first", "oh ****", "last"]);
    await author.until(() => textsOf(author).length === 4);
    expect(textsOf(author).toSorted()).toEqual(["buy my coins", "first", "last", "oh ****"]);
    const list = ["one", "spam", "two"].map((text) => ({ kind: "comment", data: { text } }));
    const token = await tokenOf({ ...VIEWER, sub: "anna" });
    const { status, body } = await post(stack.gateway.port, "launch", list, token);
    expect({ status, body }).toMatchObject({
      status: 200,
      body: {
        accepted: [expect.any(String), null, expect.any(String)],
        seqs: [expect.any(Number), null, expect.any(Number)],
        refused: [{ index: 1, code: "denied", message: "No advertising, please." }],
      },
    });
    expect(await publish("spam of the house", "house", "trusted")).toMatchObject({ status: 200 });
    await Promise.all([author.close(), other.close()]);
  });

  test("what is published while the reviewer is killed is accepted, each once and in order, and likes don't wait", async () => {
    const author = await watching("carl");
    const rows = Array.from({ length: 60 }, (_, index) => `row-${index}`);
    const answers = rows.map((eventId) =>
      author.ask("publish", { video: "launch", kind: "comment", eventId, data: { text: eventId } }),
    );
    running.pop()?.kill("SIGKILL");
    let isDone = false;
    const all = Promise.all(answers).finally(() => {
      isDone = true;
    });
    expect(await author.ask("publish", { video: "launch", kind: "like" })).toMatchObject({
      op: "result",
    });
    expect(isDone).toBe(false);
    expect((await all).map(({ op }) => op)).toEqual(rows.map(() => "result"));
    await author.until(() => textsOf(author).includes("row-59"));
    expect(textsOf(author).filter((text) => text.startsWith("row-"))).toEqual(rows);
    await author.close();
  });
});

describe("by HTTP, closed", () => {
  beforeAll(async () => {
    const port = String(await freePort());
    await started({ reviewUrl: `http://127.0.0.1:${port}/review`, reviewFailure: "closed" });
    run("python3", "python", { PORT: port });
    // Until it listens, comments are refused at once.
    await eventually(async () => (await publish("spam", "probe")).code === "denied");
  });
  afterAll(stopped);

  test("comments are refused when the reviewer is gone, likes are not, and a trusted publisher passes", async () => {
    expect(await publish("hello", "h-1")).toMatchObject({ status: 200 });
    expect(await publish("spam", "h-2")).toEqual({
      status: 403,
      code: "denied",
      message: "No advertising, please.",
    });
    running.pop()?.kill("SIGKILL");
    await eventually(async () => (await publish("hello", "h-3")).code === "review_unavailable");
    const token = await tokenOf({ ...VIEWER, sub: "anna" });
    const like = await post(stack.gateway.port, "launch", { kind: "like" }, token);
    expect(like.status).toBe(200);
    expect(await publish("hello", "h-4", "trusted")).toMatchObject({ status: 200 });
  });
});

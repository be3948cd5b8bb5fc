/** Review before publish, with the reviewers of docs/moderation.md as printed there. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Ask, askOverHttp } from "../../dispatcher/review/ask.ts";
import { loadHttpReviewer } from "../../dispatcher/review/reviewer.ts";
import { freePort } from "../../kit/nats/free-port.ts";
import type { DispatcherConfig } from "../../shared/config/settings.ts";
import type { Kind } from "../../shared/protocol/kinds.ts";
import { TestAuthority } from "../support/certificates.ts";
import { eventually } from "../support/eventually.ts";
import { connectTo, TEST_PASSWORDS } from "../support/nats-users.ts";
import { metric, TestStack } from "../support/stack.ts";
import { fileWith, SECRET, tokenOf, VIEWER } from "../support/tokens.ts";
import { post, TestSocket } from "../support/viewer.ts";

const ROOT = join(import.meta.dirname, "../..");
const PAGE = readFileSync(join(ROOT, "docs/moderation.md"), "utf8");
const REVIEW_SECRET = `whsec_${randomBytes(32).toString("base64")}`;
/** Within the repository, so that the examples find their packages. */
const folder = mkdtempSync(join(ROOT, ".cache/review-"));
const kinds: readonly Kind[] = [
  { name: "like", deliveryClass: "transient" },
  { name: "note", deliveryClass: "durable" },
  { name: "comment", deliveryClass: "durable", review: true },
];
const publish = kinds.map(({ name }) => name);
const running: ChildProcess[] = [];
let stack: TestStack;

afterAll(() => {
  killReviewers();
  rmSync(folder, { recursive: true, force: true });
});

function killReviewers(): void {
  for (const child of running.splice(0)) child.kill("SIGKILL");
}

/** Runs the page's example in this language; the one that has `mark`. */
function run(language: "js" | "python", mark: string, env: Record<string, string>): void {
  const codes = [...PAGE.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, "gs"))];
  const code = codes.map(([, text = ""]) => text).find((text) => text.includes(mark)) ?? "";
  const isPython = language === "python";
  const file = join(folder, `reviewer-${running.length}.${isPython ? "py" : "mjs"}`);
  writeFileSync(file, code);
  const command = isPython ? "python3" : process.execPath;
  const child = spawn(command, [file], { env: { ...process.env, ...env }, stdio: "ignore" });
  running.push(child);
}

async function started(dispatcher: Partial<DispatcherConfig>): Promise<void> {
  stack = await TestStack.start({
    gateway: { kinds, open: false, authSecret: SECRET },
    dispatcher: { kinds, reviewBudgetMs: 3_000, ...dispatcher },
  });
}

async function stopped(): Promise<void> {
  killReviewers();
  await stack.stop();
}

const tokenFor = async (claims: object) => await tokenOf({ ...VIEWER, publish, ...claims });
const comment = (text: string, id?: string) => ({
  kind: "comment",
  data: { text },
  ...(id === undefined ? {} : { id }),
});

/** Publishes over HTTP as anna, if the claims don't say otherwise. */
async function send(events: object, claims: object = {}) {
  const { status, body } = await post(stack.gateway.port, "launch", events, await tokenFor(claims));
  const { code, message } = (body["error"] ?? {}) as { code?: string; message?: string };
  return { status, code, message, body };
}

async function watching(actor: string, video = "launch"): Promise<TestSocket> {
  const token = await tokenFor({ sub: actor });
  const socket = await TestSocket.connect(stack.gateway.port, "json", token);
  await socket.ask("subscribe", { video });
  return socket;
}

const textsOf = (viewer: TestSocket, kind = "comment") =>
  viewer.of("launch", kind).map(({ data }) => (data as { text: string }).text);

const isReviewing = async (ask: Ask) =>
  await ask("comment", Buffer.from('{"kind":"comment","events":[]}'), 1_000).then(
    (answer) => Buffer.from(answer).toString().replaceAll(" ", "") === '{"verdicts":[]}',
    () => false,
  );

/** Publishes so many comments, and kills the reviewer meanwhile; resolves with the answers. */
async function killUnderLoad(author: TestSocket, ids: readonly string[]) {
  const answers = ids.map((eventId) =>
    author.ask("publish", { video: "launch", eventId, ...comment(eventId) }),
  );
  killReviewers();
  let isDone = false;
  const all = Promise.all(answers).finally(() => {
    isDone = true;
  });
  // What isn't reviewed goes on: likes, other kinds and videos, each in its order.
  const other = await watching("else", "elsewhere");
  const notes = ["n-1", "n-2", "n-3"];
  const others = await Promise.all([
    author.ask("publish", { video: "launch", kind: "like" }),
    ...notes.map((text) =>
      other.ask("publish", { video: "elsewhere", kind: "note", data: { text } }),
    ),
  ]);
  return { all, isDone, other, notes, others };
}

describe("by NATS, open", () => {
  const verdicts = async () =>
    await metric(stack.dispatchers[0] ?? stack.gateway, "ovation_dispatcher_review_verdicts_total");

  beforeAll(async () => {
    await started({ reviewFailure: "open" });
    const { url } = stack.nats;
    run("js", "ov.review.comment", { NATS_URL: url, NATS_PASSWORD: TEST_PASSWORDS.publisher });
    const asker = await connectTo(url, "dispatcher");
    await eventually(() =>
      isReviewing(async (kind, request) => {
        return (await asker.request(`ov.review.${kind}`, request, { timeout: 200 })).data;
      }),
    );
    await asker.close();
  });
  afterAll(stopped);

  test("each comment is allowed, denied, replaced or shown to its author alone, in order", async () => {
    const author = await watching("anna");
    const other = await watching("ben");
    await stack.mirrored("launch", 2);
    const texts = ["first", "some spam", "oh damn", "buy my coins", "last"];
    const answers = await Promise.all(
      texts.map((text, index) =>
        author.ask("publish", { video: "launch", eventId: `c-${index}`, ...comment(text) }),
      ),
    );
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
    const { status, body } = await send(["one", "spam", "two"].map((text) => comment(text)));
    expect({ status, body }).toMatchObject({
      status: 200,
      body: {
        accepted: [expect.any(String), null, expect.any(String)],
        seqs: [expect.any(Number), null, expect.any(Number)],
        refused: [{ index: 1, code: "denied", message: "No advertising, please." }],
      },
    });
    const ofHouse = comment("spam of the house", "house");
    expect(await send(ofHouse, { scope: "trusted" })).toMatchObject({ status: 200 });
    const taken = await send([comment("spam"), comment("mine", "house")], { sub: "ben" });
    expect(taken.body["error"]).toMatchObject({ code: "event_id_taken", field: "events[1].id" });
    await Promise.all([author.close(), other.close()]);
  });

  test.each([
    ["with a name", { sub: "rita" }, ["fine", "oh damn", "coins"]],
    ["without one", { sub: undefined }, ["fine", "oh damn"]],
  ])(
    "a repeat of a publisher %s gets the answer of the first, and no reviewer is asked",
    async (name, who, texts) => {
      for (const text of texts) {
        const event = comment(text, `${name}-${text}`.replaceAll(" ", "_"));
        // Of two at once, neither can wait for the other's answer.
        const [first, second] = await Promise.all([send(event, who), send(event, who)]);
        expect(first).toMatchObject({ status: 200, body: { seqs: [expect.any(Number)] } });
        expect(second).toEqual(first);
        const before = await verdicts();
        expect(await send(event, who)).toEqual(first);
        expect(await verdicts()).toBe(before);
      }
    },
  );

  test("what is denied costs its actor no wait in slow mode, be it of a list", async () => {
    const moderator = await tokenFor({ sub: "mod", scope: "moderate" });
    const url = `http://127.0.0.1:${stack.gateway.port}/v1/videos/launch/rules`;
    const rules = async (body: object) => {
      const headers = { authorization: `Bearer ${moderator}`, "content-type": "application/json" };
      const answer = await fetch(url, { method: "PUT", headers, body: JSON.stringify(body) });
      expect(answer.status).toBe(200);
    };
    await rules({ slowModeMs: 3_600_000 });
    const backend = { scope: "any-actor" };
    const list = [
      { ...comment("spam"), actor: "slow-a" },
      { ...comment("fine"), actor: "slow-b" },
    ];
    const answer = await send(list, backend);
    expect(answer.body["refused"]).toMatchObject([{ index: 0, code: "denied" }]);
    const again = async (actor: string) =>
      await send({ ...comment("fine"), actor }, backend).then(({ code }) => code);
    expect(await again("slow-a")).toBeUndefined();
    expect(await again("slow-b")).toBe("rate_limited");
    await rules({});
  });

  test("what is published while the reviewer is killed is accepted, each once and in order, and nothing else waits", async () => {
    const author = await watching("carl");
    const rows = Array.from({ length: 60 }, (_, index) => `row-${index}`);
    const { all, isDone, other, notes, others } = await killUnderLoad(author, rows);
    expect(others.map(({ op }) => op)).toEqual(others.map(() => "result"));
    await other.until(() => other.of("elsewhere", "note").length === notes.length);
    expect(
      other.of("elsewhere", "note").map(({ data }) => (data as { text: string }).text),
    ).toEqual(notes);
    expect(isDone).toBe(false);
    expect((await all).map(({ op }) => op)).toEqual(rows.map(() => "result"));
    await author.until(() => textsOf(author).includes("row-59"));
    expect(textsOf(author).filter((text) => text.startsWith("row-"))).toEqual(rows);
    await Promise.all([author.close(), other.close()]);
  });
});

describe("by HTTPS, closed", () => {
  let authority: TestAuthority;
  let ask: Ask;
  let runReviewer: () => Promise<void>;

  beforeAll(async () => {
    authority = await TestAuthority.make();
    const { certFile, keyFile } = await authority.certificate("reviewer");
    const port = String(await freePort());
    const reviewer = {
      reviewUrl: `https://127.0.0.1:${port}/review`,
      reviewCaFile: authority.caFile,
      reviewSecretFile: fileWith(`${REVIEW_SECRET}\n`),
    };
    const loaded = await loadHttpReviewer(reviewer);
    if (loaded === undefined) throw new Error("there is a reviewer");
    ask = askOverHttp(loaded);
    runReviewer = async () => {
      const tls = { TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile };
      run("js", "node:https", { PORT: port, REVIEW_SECRET, ...tls });
      await eventually(() => isReviewing(ask));
    };
    await runReviewer();
    const others = { ...loaded, ca: undefined };
    await expect(askOverHttp(others)("comment", Buffer.from("{}"), 5_000)).rejects.toThrow(
      /certificate/,
    );
    await started({ ...reviewer, reviewFailure: "closed" });
  });
  afterAll(async () => {
    await stopped();
    await authority.remove();
  });

  test("what is published while the reviewer is killed is stored once and in order when it is repeated, and nothing else waits", async () => {
    expect(await send(comment("hello", "h-1"))).toMatchObject({ status: 200 });
    expect(await send(comment("spam", "h-2"))).toMatchObject({
      status: 403,
      code: "denied",
      message: "No advertising, please.",
    });
    const author = await watching("carl");
    const rows = Array.from({ length: 60 }, (_, index) => `row-${index}`);
    const { all, other, others } = await killUnderLoad(author, rows);
    expect(others.map(({ op }) => op)).toEqual(others.map(() => "result"));
    const codes = new Set((await all).map(({ op, code }) => String(code ?? op)));
    expect(codes).toContain("review_unavailable");
    const allowed = ["result", "review_unavailable", "predecessor_failed"];
    expect([...codes].filter((code) => !allowed.includes(code))).toEqual([]);
    expect(await send(comment("hello", "h-3"))).toMatchObject({ code: "review_unavailable" });
    expect(await send(comment("hello", "h-4"), { scope: "trusted" })).toMatchObject({
      status: 200,
    });
    await runReviewer();
    for (const eventId of rows) {
      const answer = await author.ask("publish", { video: "launch", eventId, ...comment(eventId) });
      expect(answer).toMatchObject({ op: "result", eventId });
    }
    await author.until(() => textsOf(author).includes("row-59"));
    expect(textsOf(author).filter((text) => text.startsWith("row-"))).toEqual(rows);
    await Promise.all([author.close(), other.close()]);
  });
});

test("the reviewer in Python takes signed requests only", async () => {
  const port = String(await freePort());
  run("python", "http.server", { PORT: port, REVIEW_SECRET });
  const url = `http://127.0.0.1:${port}/`;
  const of = async (...secrets: string[]) => {
    const file = fileWith(secrets.join("\n"));
    const loaded = { reviewUrl: url, reviewCaFile: undefined, reviewSecretFile: file };
    return askOverHttp((await loadHttpReviewer(loaded)) ?? { url, ca: undefined, keys: [] });
  };
  const other = `whsec_${randomBytes(32).toString("base64")}`;
  const signed = await of(other, REVIEW_SECRET);
  await eventually(() => isReviewing(signed));
  const request = Buffer.from(
    JSON.stringify({ kind: "comment", events: [comment("spam"), comment("hello")] }),
  );
  const answer = await signed("comment", request, 5_000);
  expect(JSON.parse(Buffer.from(answer).toString())).toEqual({
    verdicts: [{ verdict: "deny", message: "No advertising, please." }, { verdict: "allow" }],
  });
  const unsigned = askOverHttp({ url, ca: undefined, keys: [] });
  for (const ask of [await of(other), unsigned]) {
    await expect(ask("comment", request, 5_000)).rejects.toThrow("status 401");
  }
});

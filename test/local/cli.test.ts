/** The commands of `ovation` that use a gateway, as processes, at a real gateway with tokens. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { COMMANDS } from "../../cli/commands.ts";
import { freePort } from "../../kit/nats/free-port.ts";
import { bundled } from "../support/bundle.ts";
import { BACKEND, MODERATOR, moderatedStack } from "../support/moderation.ts";
import { TestStack } from "../support/stack.ts";
import { fileWith, SECRET } from "../support/tokens.ts";
import { post } from "../support/viewer.ts";

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

let stack: TestStack;
let url: string;
beforeAll(async () => {
  const more = { historyEvents: 3_000 };
  stack = await TestStack.start(
    moderatedStack({ gateway: { countIntervalMs: 50, ...more }, dispatcher: more }),
  );
  url = `http://127.0.0.1:${stack.gateway.port}`;
});
afterAll(() => stack?.stop());

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const all = { ...process.env, OVATION_URL: url, OVATION_TOKEN: MODERATOR, ...env };
  return spawn(process.execPath, [bundled("cli/main.ts"), ...args], { env: all, stdio: "pipe" });
}

async function ovation(
  args: readonly string[],
  { input = "", env = {} }: { input?: string; env?: Record<string, string> } = {},
): Promise<Ran> {
  const child = start(args, env);
  let [out, err] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
  });
  child.stdin.end(input);
  const [code] = (await once(child, "close")) as [number | null];
  return { code, out, err };
}

/** What a command prints into a pipe. */
async function json(args: readonly string[], input?: string): Promise<Record<string, unknown>> {
  const { code, out, err } = await ovation(args, input === undefined ? {} : { input });
  expect(err).toBe("");
  expect(code).toBe(0);
  return JSON.parse(out.split("\n")[0] ?? "") as Record<string, unknown>;
}

/** Those that use a gateway are the ones that take its address. */
const HTTP_COMMANDS = COMMANDS.filter(({ usesGateway }) => usesGateway === true);

test("every command has a help with examples, its flags and exit codes", async () => {
  expect(HTTP_COMMANDS.map(({ name }) => name)).toContain("top");
  const helps = HTTP_COMMANDS.map(async ({ name }) => {
    return { name, ...(await ovation([name, "--help"])) };
  });
  for (const { name, code, out } of await Promise.all(helps)) {
    expect(code, name).toBe(0);
    expect(out).toMatch(new RegExp(`^Usage: ovation ${name} `));
    expect(out).toContain(`Examples:\n\n  ovation ${name}`);
    for (const text of ["--token-file", "OVATION_URL", "Exit codes:\n  0  done"]) {
      expect(out).toContain(text);
    }
  }
});

test("what is published can be pinned and deleted, and is counted and told of", async () => {
  const published = await json(["publish", "cli", "comment", "--text", "hello", "--id", "c1"]);
  expect(published).toEqual({ id: "c1", seq: expect.any(Number) });
  const lines = ['{"kind":"comment","id":"c2","actor":"troll"}', "", '{"kind":"like","id":"l1"}'];
  const many = await ovation(["publish", "cli", "-"], { input: lines.join("\n") });
  expect(
    many.out
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line)),
  ).toMatchObject([{ id: "c2", seq: expect.any(Number) }, { id: "l1" }]);
  expect(await json(["pin", "cli", "c1"])).toMatchObject({ id: "c1", data: { text: "hello" } });
  expect(await json(["state", "cli"])).toMatchObject({ state: { pinned: { id: "c1" } } });
  expect(await json(["pin", "cli", "--remove"])).toEqual({ video: "cli" });
  expect(await json(["delete", "cli", "c1"])).toMatchObject({ retracted: "c1" });
  expect(await json(["delete", "cli", "--actor", "troll"])).toMatchObject({ events: 1 });
  expect(await json(["who", "cli"])).toEqual({ video: "cli", viewers: 0 });
});

test("an actor is banned and let in, and a poll is opened, shown and ended", async () => {
  const ban = ["ban", "mod", "troll", "--mode", "mute", "--for", "10m", "--reason", "spam"];
  expect(await json(ban)).toMatchObject({ actor: "troll", mode: "mute", by: "moderator" });
  const listed = await ovation(["bans", "mod", "--no-json"]);
  expect(listed.out).toMatch(
    /^actor +mode +until +by +reason\ntroll +mute +\d.+moderator +spam\n$/,
  );
  const text = await ovation(["unban", "mod", "troll", "--no-json"]);
  expect(text.out).toBe("troll is not banned any more on mod\n");
  expect((await ovation(["unban", "mod", "troll", "--no-json"])).out).toContain("was not banned");
  expect(await json(["ban", "troll", "--everywhere"])).toMatchObject({ mode: "ban" });
  expect(await json(["bans"])).toMatchObject({ actor: "troll", mode: "ban", by: "moderator" });
  expect(await json(["unban", "troll", "--everywhere"])).toMatchObject({ mode: "ban" });
  expect((await ovation(["bans", "--no-json"])).out).toBe("nobody is banned everywhere\n");
  const poll = ["poll", "mod", "mvp", "Who was best?", "Ada", "Bo", "--for", "1h"];
  expect(await json(poll)).toMatchObject({ poll: "mvp", choices: ["Ada", "Bo"], total: 0 });
  const vote = '{"poll":"mvp","choice":1}';
  expect((await ovation(["publish", "mod", "vote", vote, "--actor", "anna"])).code).toBe(0);
  const shown = await ovation(["poll", "mod", "mvp", "--end", "--no-json"]);
  expect(shown.out).toMatch(
    /^Who was best\? \(mvp, ended, 1 votes\)\n.*\nAda +0 {2}0 %\nBo +1 {2}100 %\n$/,
  );
  // What there is of a video may be a second old.
  const all = async () => await json(["poll", "mod"]);
  await expect.poll(all).toMatchObject({ poll: "mvp", closed: true });
});

describe.each(["websocket", "sse"])("tail over %s", (transport) => {
  test("prints the past and what comes, a JSON object a line, and ends after --count", async () => {
    const video = `tail-${transport}`;
    const event = (id: string) => ({ kind: "comment", id, actor: "anna", data: { text: id } });
    expect((await post(stack.gateway.port, video, event("past"), MODERATOR)).status).toBe(200);
    const flags = [
      "--kinds",
      "comment",
      "--history",
      "5",
      "--count",
      "2",
      "--transport",
      transport,
    ];
    const child = start(["tail", video, ...flags]);
    let out = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      out += text;
    });
    const closed = once(child, "close");
    await expect.poll(() => out).toContain("past");
    expect((await post(stack.gateway.port, video, event("live"), MODERATOR)).status).toBe(200);
    expect(await closed).toEqual([0, null]);
    const lines = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown);
    expect(lines).toMatchObject([
      { video, id: "past", actor: "anna" },
      { video, id: "live" },
    ]);
  });
});

test("export writes all comments in order, or a part of them, and says what is no longer kept", async () => {
  const comments = Array.from({ length: 1_500 }, (_, n) => ({ kind: "comment", id: `x${n}` }));
  for (const half of [comments.slice(0, 750), comments.slice(750)]) {
    expect((await post(stack.gateway.port, "full", half, BACKEND)).status).toBe(200);
  }
  const exported = async (...flags: string[]) => {
    const { code, out, err } = await ovation(["export", "full", ...flags]);
    const lines = out.split("\n").filter(Boolean);
    const events = lines.map((line) => JSON.parse(line) as { id: string; seq: number });
    return { code, err, events, ids: events.map(({ id }) => id) };
  };
  const all = comments.map(({ id }) => id);
  const whole = await exported();
  expect([whole.code, whole.err]).toEqual([0, ""]);
  expect(whole.ids).toEqual(all);
  const rest = await exported("--after", String(whole.events[1_199]?.seq), "--no-json");
  expect([rest.code, rest.ids]).toEqual([0, all.slice(1_200)]);
  expect((await exported("--to", "2020-01-01T00:00:00Z")).ids).toEqual([]);
  const older = await exported("--from", "2020-01-01");
  expect([older.code, older.ids]).toEqual([1, all]);
  expect(older.err).toMatch(/no longer kept; the oldest that is kept has the seq \d+ /);
  const wrong = await exported("--from", "2026-02-01", "--to", "2026-01-01");
  expect([wrong.code, wrong.ids]).toEqual([2, []]);
});

test("who and top list the videos that have viewers, with rates", async () => {
  const viewer = start(["tail", "watched", "--kinds", "comment"]);
  try {
    await stack.mirrored("watched", 1);
    // Viewers of the tests before may still be counted.
    expect((await ovation(["who"])).out.split("\n")).toContain('{"video":"watched","viewers":1}');
    const top = await json(["top", "--once", "--interval-ms", "1000"]);
    const watched = { video: "watched", viewers: 1, gateways: 1, likesPerSecond: 0 };
    expect(top["videos"]).toContainEqual(expect.objectContaining(watched));
    const table = await ovation(["top", "--once", "--interval-ms", "1000", "--no-json"]);
    expect(table.out).toMatch(
      /^video +viewers +gateways +likes\/s +comments\/min +likes +comments$/m,
    );
    expect(table.out).toMatch(/^watched +1 +1 +0 +0 +0 +0$/m);
  } finally {
    const closed = once(viewer, "close");
    viewer.kill("SIGTERM");
    await closed;
  }
});

test("a reader that goes away ends the command, without a failure", async () => {
  const child = start(["tail", "gone", "--kinds", "comment"]);
  await stack.mirrored("gone", 1);
  child.stdout.destroy();
  const closed = once(child, "close");
  await post(stack.gateway.port, "gone", { kind: "comment" }, MODERATOR);
  expect(await closed).toEqual([0, null]);
});

test("on a terminal, what others wrote can't give it commands", async () => {
  const data = { text: "\u001b[2J\u202Eevil" };
  expect((await post(stack.gateway.port, "esc", { kind: "comment", data }, MODERATOR)).status).toBe(
    200,
  );
  const { out } = await ovation([
    "tail",
    "esc",
    "--history",
    "1",
    "--count",
    "1",
    "--no-json",
    "--kinds",
    "comment",
  ]);
  expect(out).toContain("\\u001b[2J\\u202eevil");
});

test("a token is made from the secret, and is accepted", async () => {
  const secret = fileWith(`${SECRET}\n`);
  const { out } = await ovation(["token", "viewer", "anna", "--secret-file", secret]);
  const env = { OVATION_TOKEN: out.trim() };
  expect((await ovation(["publish", "tokens", "comment", "--text", "hi"], { env })).code).toBe(0);
  const refused = await ovation(["publish", "tokens", "comment", "--actor", "bo"], { env });
  expect(refused).toMatchObject({ code: 4, err: expect.stringContaining("(forbidden)") });
  const backend = await ovation(["token", "backend", "--for", "1m", "--json"], {
    env: { OVATION_AUTH_SECRET: SECRET },
  });
  const file = fileWith(`${(JSON.parse(backend.out) as { token: string }).token}\n`);
  const asBackend = ["publish", "tokens", "comment", "--actor", "bo", "--token-file", file];
  expect((await ovation(asBackend)).code).toBe(0);
});

describe("what goes wrong has an exit code, and a message that holds no secret", () => {
  const HUSH = "hush-hush-hush-hush-hush-hush-hush-1";

  test.each<[string, readonly string[], Record<string, string>, number, RegExp]>([
    ["an event that isn't there", ["delete", "errors", "never"], {}, 1, /\(event_not_found\)/],
    ["an unknown flag", ["ban", "v", "a", "--mod", "mute"], {}, 2, /did you mean --mode\?/],
    ["data that isn't JSON", ["publish", "v", "comment", "hi"], {}, 2, /--text takes plain text/],
    ["an unknown holder", ["token", "moderater"], {}, 2, /did you mean moderator\?/],
    ["a short secret", ["token", "backend"], { OVATION_AUTH_SECRET: "hush" }, 2, /32 bytes/],
    ["no token", ["who"], { OVATION_TOKEN: "" }, 4, /\(token_required\)\n.*OVATION_TOKEN/],
    [
      "too few rights",
      ["ban", "v", "a"],
      { OVATION_TOKEN: BACKEND },
      4,
      /\(forbidden\)\n.*may not/,
    ],
    ["a forged token", ["tail", "v"], { OVATION_TOKEN: HUSH }, 4, /\(token_refused\)/],
  ])("%s", async (_, args, env, code, message) => {
    const ran = await ovation(args, { env });
    expect(ran.err).toMatch(message);
    expect(ran.err).not.toMatch(/hush|key-of-a| {4}at /);
    expect(ran).toMatchObject({ code, out: "" });
  });

  test("no server, and one that is no gateway", async () => {
    const nowhere = { OVATION_URL: `http://127.0.0.1:${await freePort()}` };
    const elsewhere = { OVATION_URL: `http://127.0.0.1:${stack.gateway.opsPort}` };
    for (const args of [
      ["who", "--wait-ms", "0"],
      ["tail", "v"],
    ]) {
      for (const env of [nowhere, elsewhere]) {
        const { code, err } = await ovation(args, { env });
        expect(err).toMatch(/--url or OVATION_URL says where the gateways are/);
        expect(code).toBe(3);
      }
    }
  });
});

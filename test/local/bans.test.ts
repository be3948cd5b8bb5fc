/** Who may ban whom, which bans are refused, and the record of all that moderators do. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, expect, test } from "vitest";
import { fileWith, SECRET, tokenOf, VIEWER } from "../support/tokens.ts";
import { useTestStack } from "../support/use-test-stack.ts";
import { post } from "../support/viewer.ts";

const TEN_YEARS_MS = 315_360_000_000;
const stack = useTestStack({
  gateway: { open: false, authSecret: SECRET, authApiKeysFile: fileWith("[]") },
  dispatcher: { bansLimit: 3 },
});
let moderator: string;
beforeAll(async () => {
  moderator = await tokenOf({ sub: "mod", videos: ["team-*"], publish: [], scope: "moderate" });
});

interface Fault {
  readonly code: string;
  readonly field?: string;
  readonly message: string;
}

async function request(path: string, method: string, body?: string, token = moderator) {
  const answer = await fetch(`http://127.0.0.1:${stack().gateway.port}/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body }),
  });
  const { error } = (await answer.json()) as { error?: Fault };
  return { status: answer.status, code: error?.code, field: error?.field, text: error?.message };
}

const put = async (path: string, body: object, token?: string) =>
  await request(path, "PUT", JSON.stringify(body), token);

test.each([
  [{}, "mode", '"mute"|"ban"|"shadow"'],
  [{ mode: "exile" }, "mode", '"mute"|"ban"|"shadow"'],
  [{ mode: "mute", forMs: 0 }, "forMs", ">=1"],
  [{ mode: "mute", forMs: -1 }, "forMs", ">=1"],
  [{ mode: "mute", forMs: 1.5 }, "forMs", "int"],
  [{ mode: "mute", forMs: TEN_YEARS_MS + 1 }, "forMs", `<=${TEN_YEARS_MS}`],
  [{ mode: "mute", untilMs: 1_000 }, "untilMs", "1000 is in the past"],
  [
    { mode: "mute", untilMs: Date.now() + TEN_YEARS_MS + 3_600_000 },
    "untilMs",
    "more than ten years from now; the limit is ",
  ],
  [{ mode: "mute", forMs: 1_000, untilMs: Date.now() + 3_600_000 }, "untilMs", "with forMs"],
  [{ mode: "mute", reason: "x".repeat(501) }, "reason", "<=500 characters"],
  [{ mode: "mute", reason: 1 }, "reason", "string"],
])("a ban of %j is refused, and the error names field and limit", async (body, field, text) => {
  expect(await put("/videos/team-red/bans/troll", body)).toEqual({
    status: 400,
    code: "field_invalid",
    field,
    text: expect.stringContaining(text),
  });
});

test("bans need a moderator of the video, and everywhere one of all videos", async () => {
  const mute = { mode: "mute" };
  const viewer = await tokenOf({ ...VIEWER, sub: "anna" });
  const all = await tokenOf({ sub: "chief", videos: ["*"], publish: [], scope: "moderate" });
  const paths = ["/bans", "/bans/troll", "/moderation"];
  for (const path of paths) {
    const onVideo = `/videos/team-red${path}`;
    const outside = `/videos/other${path}`;
    expect(await request(onVideo, "GET", undefined, viewer)).toMatchObject({
      status: 403,
      code: "forbidden",
    });
    expect(await request(outside, "GET")).toMatchObject({
      status: 403,
      code: "forbidden",
      field: "video",
    });
    expect(await request(path, "GET")).toMatchObject({ status: 403, code: "forbidden" });
  }
  expect(await put("/videos/team-red/bans/troll", mute, viewer)).toMatchObject({
    status: 403,
    code: "forbidden",
  });
  expect(await put("/videos/other/bans/troll", mute)).toMatchObject({
    status: 403,
    code: "forbidden",
    field: "video",
  });
  expect(await put("/bans/troll", mute)).toMatchObject({ status: 403, code: "forbidden" });
  expect(await put("/bans/troll", mute, all)).toMatchObject({ status: 200 });
  expect(await request("/bans/troll", "DELETE", undefined, all)).toMatchObject({ status: 200 });
});

test("a ban of nobody, or of a name that no actor has, is refused", async () => {
  const mute = { mode: "mute" };
  expect(await put("/videos/team-red/bans/", mute)).toMatchObject({
    status: 404,
    code: "not_found",
  });
  for (const actor of ["%00", "%", "x".repeat(129)]) {
    const answer = await put(`/videos/team-red/bans/${actor}`, mute);
    expect(answer).toMatchObject({ code: "field_invalid", field: "actor" });
  }
  expect(await put("/videos/a.b/bans/troll", mute)).toMatchObject({
    code: "video_invalid",
    field: "video",
  });
  expect(await request("/videos/team-red/bans/nobody", "DELETE")).toMatchObject({
    status: 404,
    code: "ban_not_found",
  });
});

test("the commands of docs/moderation.md do what the page says", async () => {
  const page = readFileSync(join(import.meta.dirname, "../../docs/moderation.md"), "utf8");
  const TOKEN = await tokenOf({ sub: "chief", videos: ["*"], publish: [], scope: "moderate" });
  const here = `http://127.0.0.1:${stack().gateway.port}`;
  const scripts = [...page.matchAll(/```sh\n(.*?)```/gs)].map(([, script = ""]) =>
    script.replaceAll("https://live.example", here).replaceAll("curl ", "curl -sS --fail "),
  );
  const run = async (script: string) => {
    const env = { ...process.env, TOKEN };
    const { stdout } = await promisify(execFile)("bash", ["-e", "-c", script], { env });
    // One answer after the other, with nothing between them.
    return stdout.split(/(?<=\})(?=\{)/).map((answer): unknown => JSON.parse(answer));
  };
  expect(await Promise.all(scripts.map(run))).toMatchObject([
    [
      { video: "launch", actor: "troll-7", mode: "mute", reason: "spam" },
      { actor: "troll-7", mode: "ban", untilMs: null },
      { actor: "troll-7", mode: "ban" },
    ],
    [{ video: "derby", rules: { slowModeMs: 30_000, maxLength: 200 } }],
  ]);
  const lift = await request("/videos/launch/bans/troll-7", "DELETE", undefined, TOKEN);
  expect(lift).toMatchObject({ status: 200 });
});

test("all that moderators do is in the record: who, what, to whom, why and when; metrics count it", async () => {
  const token = await tokenOf({
    sub: "chief",
    videos: ["*"],
    publish: ["comment"],
    scope: "moderate any-actor",
  });
  const { gateway, dispatchers } = stack();
  const events = ["e1", "e2"].map((id) => ({ kind: "comment", id, actor: "troll", data: { id } }));
  expect((await post(gateway.port, "acts", events, token)).status).toBe(200);
  const poll = { question: "Who?", choices: ["Ada", "Bo"] };
  const begun = Date.now();
  const acts = [
    ["PUT", "/bans/troll", { mode: "mute", reason: "spam" }, "ban.put", "troll"],
    ["DELETE", "/bans/troll", undefined, "ban.delete", "troll"],
    ["PUT", "/rules", { maxLength: 5 }, "rules.put"],
    ["PUT", "/pin", { id: "e1" }, "pin.put", "e1"],
    ["DELETE", "/pin", undefined, "pin.delete"],
    ["DELETE", "/events/e1", undefined, "event.retract", "e1"],
    ["DELETE", "/events?actor=troll", undefined, "actor.retract", "troll"],
    ["PUT", "/totals", { totals: { like: 5 } }, "totals.set"],
    ["PUT", "/polls/mvp", poll, "poll.put", "mvp"],
    ["PUT", "/end", undefined, "video.end"],
    ["DELETE", "", undefined, "video.erase"],
  ] as const;
  for (const [method, path, body] of acts) {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const answer = await request(`/videos/acts${path}`, method, text, token);
    expect([path, answer.status, answer.text]).toEqual([path, 200, undefined]);
  }
  const url = `http://127.0.0.1:${gateway.port}/v1/videos/acts/moderation`;
  const read = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  const { acts: recorded } = (await read.json()) as { acts: Record<string, unknown>[] };
  expect(recorded.toReversed()).toMatchObject(
    acts.map(([, , , act, target]) => ({
      act,
      by: "chief",
      ...(target === undefined ? {} : { target }),
      ...(act === "ban.put" ? { why: "spam", detail: { mode: "mute", untilMs: null } } : {}),
    })),
  );
  for (const { atMs } of recorded) {
    expect(atMs).toBeGreaterThanOrEqual(begun);
    expect(atMs).toBeLessThanOrEqual(Date.now());
  }
  const metrics = await fetch(`http://127.0.0.1:${dispatchers[0]?.opsPort}/metrics`);
  const text = await metrics.text();
  for (const [, , , act] of acts) {
    expect(text).toMatch(
      new RegExp(`ovation_dispatcher_moderation_acts_total\\{act="${act}"\\} [1-9]`),
    );
  }
});

test("beyond the limit, bans are refused; one that is there already may be changed", async () => {
  const bans = "/videos/team-blue/bans";
  await expect
    .poll(async () => {
      for (const actor of ["a", "b", "c"]) await put(`${bans}/${actor}`, { mode: "mute" });
      return await put(`${bans}/d`, { mode: "mute" });
    })
    .toMatchObject({ status: 429, code: "bans_exceeded" });
  expect(await put(`${bans}/b`, { mode: "ban" })).toMatchObject({ status: 200 });
});

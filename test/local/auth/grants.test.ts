/** What a token or an API key allows, and that it reveals nothing more. */
import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { TestStack } from "../../support/stack.ts";
import { fileWith, SECRET, tokenOf, VIEWER } from "../../support/tokens.ts";
import { post, TestEventStream, TestSocket } from "../../support/viewer.ts";

const KEYS = {
  likes: "key-of-a-backend-that-only-publishes-likes",
  all: "key-of-a-backend-that-may-name-any-actor-0",
};
const sha256 = (key: string) => createHash("sha256").update(key).digest("hex");

let stack: TestStack;
let port: number;

beforeAll(async () => {
  const apiKeys = [
    { name: "likes", sha256: sha256(KEYS.likes), videos: ["team-*"], publish: ["like"] },
    { name: "all", sha256: sha256(KEYS.all), scopes: ["any-actor", "moderate"] },
  ];
  stack = await TestStack.start({
    gateway: {
      open: false,
      authSecret: SECRET,
      authApiKeysFile: fileWith(JSON.stringify(apiKeys)),
    },
  });
  port = stack.gateway.port;
});
afterAll(() => stack?.stop());

const forbidden = (field: string) => ({ op: "error", code: "forbidden", field });

test("a viewer watches what its patterns cover, and nothing else", async () => {
  const token = await tokenOf({ ...VIEWER, videos: ["launch", "team-*"] });
  const socket = await TestSocket.connect(port, "json", token);
  for (const video of ["launch", "team-", "team-red"]) {
    expect(await socket.ask("subscribe", { video })).toMatchObject({ op: "result" });
  }
  for (const video of ["launch2", "Launch", "team", "a-team-red"]) {
    expect(await socket.ask("subscribe", { video })).toMatchObject(forbidden("video"));
    expect(await socket.ask("publish", { video, kind: "like" })).toMatchObject(forbidden("video"));
    expect((await post(port, video, { kind: "like" }, token)).status).toBe(403);
  }
  // No event of another video arrives, however it is published.
  await post(port, "secret", { kind: "like" }, KEYS.all);
  await post(port, "launch", { kind: "like", id: "seen" }, KEYS.all);
  await eventually(async () => {
    await post(port, "launch", { kind: "like" }, KEYS.all);
    return socket.of("launch", "like").length > 0;
  });
  expect(socket.events.has("secret")).toBe(false);
  await socket.close();
});

test("a viewer is hidden with the scope observe only, and no longer than its token has it", async () => {
  const observer = await tokenOf({ ...VIEWER, scope: "observe" });
  const viewer = await tokenOf(VIEWER);
  const video = "hidden";
  const socket = await TestSocket.connect(port, "json", viewer);
  const answer = await socket.ask("subscribe", { video, hidden: true });
  expect(answer).toMatchObject(forbidden("hidden"));
  const url = `http://127.0.0.1:${port}/v1/videos/${video}/events?hidden=true`;
  const refused = await fetch(url, { headers: { authorization: `Bearer ${viewer}` } });
  expect(refused.status).toBe(403);
  expect(await refused.json()).toMatchObject({ error: { code: "forbidden", field: "hidden" } });
  const options = { token: observer, query: "?hidden=true" };
  const stream = await TestEventStream.open(port, video, options);
  await socket.ask("refresh", { token: observer });
  const hidden = await socket.ask("subscribe", { video, hidden: true });
  expect(hidden).toMatchObject({ op: "result" });
  await socket.ask("refresh", { token: viewer });
  await socket.until(() => socket.messages.some(({ op }) => op === "unsubscribed"));
  expect(socket.messages.at(-1)).toMatchObject({ op: "unsubscribed", video, code: "forbidden" });
  expect(await socket.ask("subscribe", { video })).toMatchObject({ op: "result" });
  await stack.mirrored(video, 1);
  stream.close();
  await socket.close();
});

test("a forbidden video gives the same answers, whether it has viewers and history or never existed", async () => {
  const insider = await TestEventStream.open(port, "full", { token: KEYS.all });
  const comment = { kind: "comment", id: "c1", data: {} };
  expect((await post(port, "full", comment, KEYS.all)).status).toBe(200);
  const token = await tokenOf({ ...VIEWER, videos: ["launch"], scope: "moderate" });
  const answers = async (video: string) => {
    const url = `http://127.0.0.1:${port}/v1/videos/${video}`;
    const headers = { authorization: `Bearer ${token}` };
    const responses = [
      await fetch(`${url}/events`, { headers }),
      await fetch(`${url}/history`, { headers }),
      await fetch(`${url}/events/c1`, { method: "DELETE", headers }),
    ];
    const socket = await TestSocket.connect(port, "json", token);
    const refusals = [
      await socket.ask("subscribe", { video, last: 10 }),
      await socket.ask("publish", { video, kind: "comment", eventId: "c1" }),
    ];
    await socket.close();
    const http = responses.map(async (response) => [
      response.status,
      Object.keys(Object.fromEntries(response.headers)),
      // Each has an id of its own.
      (await response.text()).replace(/"requestId":"[^"]+"/, '"requestId":"…"'),
    ]);
    return [...(await Promise.all(http)), ...refusals];
  };
  const [full, empty] = [await answers("full"), await answers("never")];
  expect(JSON.stringify(full)).toContain("forbidden");
  expect(full).toEqual(empty);
  insider.close();
});

test("a viewer publishes the kinds of its token, in its own name", async () => {
  const token = await tokenOf({ ...VIEWER, publish: ["like"] });
  const socket = await TestSocket.connect(port, "json", token);
  await socket.ask("subscribe", { video: "names" });
  const ask = (fields: object) => socket.ask("publish", { video: "names", ...fields });
  expect(await ask({ kind: "comment" })).toMatchObject(forbidden("kind"));
  expect(await ask({ kind: "like", actor: "ben" })).toMatchObject(forbidden("actor"));
  expect(await ask({ kind: "like", actor: "anna" })).toMatchObject({ op: "result" });
  expect(await ask({ kind: "like" })).toMatchObject({ op: "result" });
  const list = [{ kind: "like" }, { kind: "like", actor: "ben" }];
  expect(await post(port, "names", list, token)).toMatchObject({
    status: 403,
    body: { error: { code: "forbidden", field: "events[1].actor" } },
  });
  expect((await post(port, "names", { kind: "like" }, token)).status).toBe(200);
  await eventually(async () => {
    await ask({ kind: "like" });
    return socket.of("names", "like").length > 0;
  });
  for (const { actor } of socket.of("names", "like")) expect(actor).toBe("anna");
  await socket.close();
});

test("a token without kinds publishes nothing, and one without an actor publishes anonymously", async () => {
  const none = await tokenOf({ sub: "anna", videos: ["*"] });
  expect((await post(port, "launch", { kind: "like" }, none)).status).toBe(403);
  const anonymous = await tokenOf({ videos: ["*"], publish: ["*"] });
  expect((await post(port, "launch", { kind: "like" }, anonymous)).status).toBe(200);
  expect((await post(port, "launch", { kind: "like", actor: "x" }, anonymous)).status).toBe(403);
});

test("an API key allows what its entry says", async () => {
  expect((await post(port, "team-red", { kind: "like" }, KEYS.likes)).status).toBe(200);
  expect((await post(port, "launch", { kind: "like" }, KEYS.likes)).status).toBe(403);
  expect((await post(port, "team-red", { kind: "comment" }, KEYS.likes)).status).toBe(403);
  const named = { kind: "like", actor: "ben" };
  expect((await post(port, "team-red", named, KEYS.likes)).status).toBe(403);
  expect((await post(port, "team-red", named, KEYS.all)).status).toBe(200);
});

test("deleting an event and setting totals require the scope", async () => {
  await post(port, "mod", { kind: "comment", id: "c1" }, KEYS.all);
  const retract = async (token: string) => {
    const url = `http://127.0.0.1:${port}/v1/videos/mod/events/c1`;
    const headers = { authorization: `Bearer ${token}` };
    return (await fetch(url, { method: "DELETE", headers })).status;
  };
  expect(await retract(await tokenOf(VIEWER))).toBe(403);
  expect(await retract(await tokenOf({ ...VIEWER, scope: "openid moderate" }))).toBe(200);
  const setTotals = async (token: string) => {
    const url = `http://127.0.0.1:${port}/v1/videos/mod/totals`;
    const headers = { authorization: `Bearer ${token}`, "Content-Type": "application/json" };
    return (await fetch(url, { method: "PUT", headers, body: '{"totals": 1}' })).status;
  };
  expect(await setTotals(await tokenOf(VIEWER))).toBe(403);
  expect(await setTotals(await tokenOf({ ...VIEWER, scope: "moderate" }))).toBe(400);
});

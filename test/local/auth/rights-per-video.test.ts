/** Rights that a token has on some of its videos only, and what authors may delete. */
import { expect, test } from "vitest";
import { SECRET, tokenOf, VIEWER } from "../../support/tokens.ts";
import { useTestStack } from "../../support/use-test-stack.ts";
import { post, TestSocket } from "../../support/viewer.ts";

const stack = useTestStack({ gateways: 2, gateway: { open: false, authSecret: SECRET } });
const portAt = (gateway: number) => stack().gatewayAt(gateway).port;

async function request(path: string, method: string, token: string, body?: object) {
  const answer = await fetch(`http://127.0.0.1:${portAt(1)}/v1/videos/${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const { error } = (await answer.json()) as { error?: { code: string } };
  return { status: answer.status, code: error?.code };
}

test("a viewer who may watch fifty videos and write in one publishes there only", async () => {
  const publish = ["like", "comment@room-7", "comment@mine-*"];
  const token = await tokenOf({ sub: "anna", videos: ["*"], publish });
  const socket = await TestSocket.connect(portAt(0), "json", token);
  const comment = { kind: "comment", data: { text: "x" } };
  for (const video of ["room-7", "mine-1"]) {
    expect(await socket.ask("publish", { video, ...comment })).toMatchObject({ op: "result" });
    expect(await post(portAt(1), video, comment, token)).toMatchObject({ status: 200 });
  }
  for (const video of ["room-8", "room-77", "mine"]) {
    expect(await socket.ask("subscribe", { video })).toMatchObject({ op: "result" });
    expect(await socket.ask("publish", { video, kind: "like" })).toMatchObject({ op: "result" });
    const refused = { code: "forbidden", field: "kind" };
    expect(await socket.ask("publish", { video, ...comment })).toMatchObject(refused);
    const { status, body } = await post(portAt(1), video, comment, token);
    expect({ status, ...body }).toMatchObject({ status: 403, error: refused });
  }
  await socket.close();
});

test("a moderator of some videos moderates those only", async () => {
  const scope = "moderate@room-7 moderate@team-* observe";
  const token = await tokenOf({ sub: "mod", videos: ["*"], publish: [], scope });
  const mute = { mode: "mute" };
  for (const video of ["room-7", "team-red"]) {
    expect(await request(`${video}/bans/troll`, "PUT", token, mute)).toMatchObject({ status: 200 });
  }
  const forbidden = { status: 403, code: "forbidden" };
  expect(await request("room-8/bans/troll", "PUT", token, mute)).toMatchObject(forbidden);
  expect(await request("room-8/events/e", "DELETE", token)).toEqual({
    status: 404,
    code: "event_not_found",
  });
  const everywhere = await fetch(`http://127.0.0.1:${portAt(0)}/v1/bans`, {
    headers: { authorization: `Bearer ${token}` },
  });
  expect(everywhere.status).toBe(403);
});

test("a moderator gets the videos that have viewers, of those that it moderates", async () => {
  const audience = await tokenOf({ sub: "anna", videos: ["*"], publish: [] });
  const sockets = [];
  for (const [at, videos] of [["live-1", "live-2"], ["live-2", "hall-1"], ["off-1"]].entries()) {
    const socket = await TestSocket.connect(portAt(at % 2), "json", audience);
    for (const video of videos) await socket.ask("subscribe", { video });
    sockets.push(socket);
  }
  const list = async (claims: Readonly<Record<string, unknown>>, query = "") => {
    const answer = await fetch(`http://127.0.0.1:${portAt(0)}/v1/videos${query}`, {
      headers: { authorization: `Bearer ${await tokenOf({ sub: "mod", publish: [], ...claims })}` },
    });
    return (await answer.json()) as Readonly<Record<string, unknown>>;
  };
  const claims = { videos: ["live-*", "hall-1"], scope: "moderate@live-* moderate@off-1" };
  const videos = [
    { video: "live-2", viewers: 2, gateways: 2 },
    { video: "live-1", viewers: 1, gateways: 1 },
  ];
  await expect.poll(() => list(claims)).toEqual({ videos });
  expect(await list(claims, "?limit=1")).toEqual({ videos: videos.slice(0, 1) });
  const error = { code: "forbidden", message: expect.stringContaining("the scope moderate") };
  expect(await list({ videos: ["*"] })).toMatchObject({ error });
  expect(await list({ videos: ["hall-1"], scope: "moderate@off-1" })).toMatchObject({ error });
  for (const limit of ["0", "101", "x"]) {
    expect(await list(claims, `?limit=${limit}`)).toMatchObject({
      error: { code: "field_invalid", field: "limit" },
    });
  }
  for (const socket of sockets) await socket.close();
});

test.each(["comment@", "comment@a.b", "@room", "comment@room@7", "viewers@room"])(
  "a token that may publish %j is refused",
  async (right) => {
    const token = await tokenOf({ ...VIEWER, publish: [right] });
    expect(await post(portAt(0), "room", { kind: "like" }, token)).toMatchObject({
      status: 401,
      body: { error: { code: "token_refused", field: "publish" } },
    });
  },
);

test("an author deletes the own comment, and nobody else's", async () => {
  const [anna, ben] = [await tokenOf(VIEWER), await tokenOf({ ...VIEWER, sub: "ben" })];
  const comment = { kind: "comment", id: "c-1", data: { text: "x" } };
  expect(await post(portAt(0), "own", comment, anna)).toMatchObject({ status: 200 });
  const forbidden = { status: 403, code: "forbidden" };
  expect(await request("own/events/c-1", "DELETE", ben)).toEqual(forbidden);
  const nameless = await tokenOf({ ...VIEWER, sub: undefined });
  expect(await request("own/events/c-1", "DELETE", nameless)).toEqual(forbidden);
  expect(await request("own/events/c-1", "DELETE", anna)).toMatchObject({ status: 200 });
  expect(await request("own/events/c-1", "DELETE", anna)).toMatchObject({ status: 200 });

  const strict = await stack().addGateway({ authorsDelete: false });
  await post(portAt(0), "own", { ...comment, id: "c-2" }, anna);
  const answer = await fetch(`http://127.0.0.1:${strict.port}/v1/videos/own/events/c-2`, {
    method: "DELETE",
    headers: { authorization: `Bearer ${anna}` },
  });
  expect(answer.status).toBe(403);
});

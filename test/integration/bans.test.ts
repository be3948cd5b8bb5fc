/** Bans: what holds at every gateway, on every wire and over NATS, and until when. */
import type { NatsConnection } from "nats";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { Bucket } from "../../shared/bus/bucket.ts";
import { Bus } from "../../shared/bus/connection.ts";
import { configFor } from "../../shared/config/load.ts";
import { Bans } from "../../shared/moderation/bans.ts";
import { bansBucket } from "../../shared/protocol/buckets.ts";
import { silentLog } from "../../shared/runtime/log.ts";
import { eventually } from "../support/eventually.ts";
import { connectTo, natsUrlAs } from "../support/nats-users.ts";
import { metric, TestStack } from "../support/stack.ts";
import { SECRET, tokenOf, VIEWER } from "../support/tokens.ts";
import { post, TestEventStream, TestSocket } from "../support/viewer.ts";

/** A ban holds everywhere within a second; this leaves room for a machine that is busy. */
const WITHIN_MS = 5_000;
const HOUR_MS = 3_600_000;

let stack: TestStack;
let publisher: NatsConnection;
let moderator: string;
const open: { close(): unknown }[] = [];

beforeAll(async () => {
  const gateway = { open: false, authSecret: SECRET };
  stack = await TestStack.start({ gateways: 3, dispatchers: 2, gateway });
  publisher = await connectTo(stack.nats.url, "publisher");
  moderator = await tokenOf({ sub: "mod", videos: ["*"], publish: ["*"], scope: "moderate" });
});
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});
afterAll(async () => {
  await publisher?.close();
  await stack?.stop();
});

const portAt = (gateway: number) => stack.gatewayAt(gateway).port;
const tokenFor = async (actor: string) => await tokenOf({ ...VIEWER, sub: actor });

async function request(
  path: string,
  { method = "GET", body, token = moderator, gateway = 0 }: RequestOptions = {},
) {
  const answer = await fetch(`http://127.0.0.1:${portAt(gateway)}/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

interface RequestOptions {
  readonly method?: string;
  readonly body?: object;
  readonly token?: string;
  readonly gateway?: number;
}

async function ban(path: string, body: object): Promise<void> {
  expect(await request(path, { method: "PUT", body })).toMatchObject({ status: 200 });
}

async function connected(actor: string, gateway: number): Promise<TestSocket> {
  const socket = await TestSocket.connect(portAt(gateway), "json", await tokenFor(actor));
  open.push(socket);
  return socket;
}

async function overNats(video: string, events: object): Promise<{ code?: string; field?: string }> {
  const answer = await publisher.request(`ov.publish.${video}`, JSON.stringify(events));
  return answer.json<{ error?: { code: string; field?: string } }>().error ?? {};
}

async function withinTime(condition: () => Promise<boolean> | boolean): Promise<void> {
  await vi.waitUntil(condition, { timeout: WITHIN_MS, interval: 10 });
}

describe("an actor who is muted", () => {
  test("can't publish at any gateway, on any wire or over NATS, watches on, and is let in again", async () => {
    const video = "muted";
    const troll = await tokenFor("troll");
    const socket = await connected("troll", 1);
    await socket.ask("subscribe", { video });
    const untilMs = Date.now() + HOUR_MS;
    await ban(`/videos/${video}/bans/troll`, { mode: "mute", untilMs, reason: "spam" });
    const refused = { code: "banned", untilMs };
    const publish = async () =>
      await socket.ask("publish", { video, kind: "comment", data: { text: "x" } });
    await withinTime(async () => (await publish())["code"] === "banned");
    expect(await publish()).toMatchObject(refused);
    await withinTime(
      async () => (await post(portAt(2), video, { kind: "like" }, troll)).status === 403,
    );
    const { body } = await post(portAt(2), video, { kind: "like" }, troll);
    expect(body).toMatchObject({ error: refused });
    await withinTime(
      async () => (await overNats(video, { kind: "like", actor: "troll" })).code === "banned",
    );
    const events = [{ kind: "like" }, { kind: "like", actor: "troll" }];
    expect(await overNats(video, events)).toMatchObject({ ...refused, field: "events[1].actor" });
    // Others, other videos, and watching are as before.
    expect(await overNats(video, { kind: "like", id: "seen", actor: "anna" })).toEqual({});
    await socket.until(() => socket.of(video, "like").some(({ id }) => id === "seen"));
    expect((await post(portAt(0), "other", { kind: "like" }, troll)).status).toBe(200);

    const lifted = await request(`/videos/${video}/bans/troll`, { method: "DELETE", gateway: 2 });
    expect(lifted).toMatchObject({ status: 200, body: { actor: "troll", mode: "mute" } });
    await withinTime(async () => (await publish()).op === "result");
    await withinTime(
      async () => (await overNats(video, { kind: "like", actor: "troll" })).code === undefined,
    );
    expect(await request(`/videos/${video}/bans/troll`, { method: "DELETE" })).toMatchObject({
      status: 404,
      body: { error: { code: "ban_not_found" } },
    });
  });

  test("may publish again when the time is over by a process's clock, whichever way it jumps", async () => {
    await ban("/bans/hasty", { mode: "mute", forMs: HOUR_MS });
    const servers = [natsUrlAs("gateway", stack.nats.url)];
    const bus = await Bus.connect({ servers, inbox: "gateway", name: "clock", log: silentLog });
    let now = Date.now();
    const bucket = new Bucket(bus, bansBucket(configFor("gateway")));
    const wallClock = () => now;
    const bans = new Bans({ bus, bucket, mayCreate: false, wallClock, log: silentLog });
    try {
      await bans.start();
      const isBanned = () => bans.of("hasty", "any") !== undefined;
      expect(isBanned()).toBe(true);
      now += HOUR_MS + 1;
      expect(isBanned()).toBe(false);
      now -= 2 * HOUR_MS;
      expect(isBanned()).toBe(true);
    } finally {
      await bans.stop();
      await bus.stop();
    }
  });
});

describe("an actor who is banned", () => {
  test("is put out at every gateway and on every wire, and can't come back, until the ban is taken back", async () => {
    const video = "banned";
    const troll = await tokenFor("exile");
    const socket = await connected("exile", 0);
    await socket.ask("subscribe", { video });
    await socket.ask("subscribe", { video: "elsewhere" });
    const stream = await TestEventStream.open(portAt(1), video, { token: troll });
    open.push(stream);
    const bystander = await connected("anna", 1);
    await bystander.ask("subscribe", { video });
    const poll = async (query: string) => {
      const url = `http://127.0.0.1:${portAt(2)}/v1/videos/${video}/events?${query}`;
      const answer = await fetch(url, { headers: { authorization: `Bearer ${troll}` } });
      const text = await answer.text();
      const [, cursor = ""] = /"op":"poll","next":"([^"]+)"/.exec(text) ?? [];
      return { status: answer.status, text, cursor };
    };
    const isPutOut = (text: string) => text.includes('"code":"banned"');
    /** Polls until one is answered with the ban, whatever else comes before. */
    const polling = async () => {
      let answer = await poll("wait=0");
      while (!isPutOut(answer.text)) answer = await poll(`wait=30000&poll=${answer.cursor}`);
      return answer;
    };
    const paused = await poll("wait=0");
    const waiting = polling();
    const { body } = await request("/tickets", { method: "POST", token: troll, gateway: 2 });
    const begun = Date.now();
    await ban(`/videos/${video}/bans/exile`, { mode: "ban" });
    const putOut = { op: "unsubscribed", video, code: "banned" };
    for (const viewer of [socket, stream]) {
      await viewer.until(() => viewer.messages.some(({ op }) => op === "unsubscribed"));
      expect(viewer.messages.find(({ op }) => op === "unsubscribed")).toMatchObject(putOut);
    }
    const { cursor } = await waiting;
    expect(Date.now() - begun).toBeLessThan(WITHIN_MS);
    for (const last of [paused.cursor, cursor]) {
      const again = await poll(`wait=0&poll=${last}`);
      expect([again.status, isPutOut(again.text)]).toEqual([403, true]);
    }
    // Nothing more arrives, and the other viewers stay.
    await overNats(video, { kind: "like", id: "later" });
    await bystander.until(() => bystander.of(video, "like").some(({ id }) => id === "later"));
    expect(socket.of(video, "like")).toEqual([]);
    expect(await socket.ask("publish", { video: "elsewhere", kind: "like" })).toMatchObject({
      op: "result",
    });

    const again = await connected("exile", 2);
    expect(await again.ask("subscribe", { video })).toMatchObject({ code: "banned" });
    expect(await socket.ask("refresh", { token: await tokenFor("exile") })).toMatchObject({
      op: "result",
    });
    expect(await socket.ask("subscribe", { video })).toMatchObject({ code: "banned" });
    const paths = [`/videos/${video}/events`, `/videos/${video}/history`, `/videos/${video}`];
    for (const path of paths) {
      const answer = await request(path, { token: await tokenFor("exile") });
      expect(answer).toMatchObject({ status: 403, body: { error: { code: "banned" } } });
    }
    const ticket = `/videos/${video}/events?ticket=${String(body["ticket"])}`;
    expect(await request(ticket, { gateway: 1 })).toMatchObject({
      status: 403,
      body: { error: { code: "banned" } },
    });

    await request(`/videos/${video}/bans/exile`, { method: "DELETE" });
    await withinTime(async () => (await again.ask("subscribe", { video })).op === "result");
  });

  test("everywhere can't connect, and gets no ticket", async () => {
    const troll = await tokenFor("outlaw");
    const socket = await connected("outlaw", 1);
    await socket.ask("subscribe", { video: "one" });
    await socket.ask("subscribe", { video: "two" });
    await ban("/bans/outlaw", { mode: "ban", forMs: HOUR_MS });
    const left = () => socket.messages.filter(({ op }) => op === "unsubscribed");
    await socket.until(() => left().length === 2);
    expect(await socket.ask("publish", { video: "one", kind: "like" })).toMatchObject({
      code: "banned",
    });
    const ticket = { method: "POST", token: troll, gateway: 2 };
    await withinTime(async () => (await request("/tickets", ticket)).status === 403);
    const fresh = await TestSocket.open(portAt(0), "json");
    open.push(fresh);
    expect(await fresh.ask("connect", { token: await tokenFor("outlaw") })).toMatchObject({
      code: "banned",
    });
    await fresh.until(() => fresh.closed !== undefined);
    expect(fresh.closed).toEqual({ code: 4406, reason: "banned" });
  });
});

describe("an actor under a shadow", () => {
  test("sees its comments on all of its connections and after a reload, and nobody else ever does", async () => {
    const video = "shadow";
    const troll = await tokenFor("ghost");
    const own = [await connected("ghost", 0), await connected("ghost", 1)];
    const stream = await TestEventStream.open(portAt(2), video, { token: troll });
    const others = [await connected("anna", 0), await connected("ben", 2)];
    open.push(stream);
    for (const socket of [...own, ...others]) await socket.ask("subscribe", { video });
    await stack.mirrored(video, 5);
    await ban(`/videos/${video}/bans/ghost`, { mode: "shadow" });
    const known = stack.gateways.map(async (_gateway, index) => {
      await withinTime(async () => {
        const { body } = await request(`/videos/${video}/bans?limit=1`, { gateway: index });
        return (body["bans"] as unknown[]).length === 1;
      });
    });
    await Promise.all(known);

    const comment = (text: string) => ({ kind: "comment", data: { text } });
    const answer = await own[0]?.ask("publish", { video, eventId: "s-1", ...comment("one") });
    expect(answer).toMatchObject({ op: "result", eventId: "s-1", seq: expect.any(Number) });
    const again = await own[1]?.ask("publish", { video, eventId: "s-1", ...comment("one") });
    expect(again).toMatchObject({ op: "result", eventId: "s-1", seq: answer?.["seq"] });
    const posted = await post(portAt(1), video, { id: "s-2", ...comment("two") }, troll);
    expect(posted).toMatchObject({
      status: 200,
      body: { accepted: ["s-2"], seqs: [expect.any(Number)] },
    });
    await eventually(
      async () =>
        (await overNats(video, { ...comment("three"), actor: "ghost", id: "s-3" })).code ===
        undefined,
    );
    const ids = ["s-1", "s-2", "s-3"];
    for (const viewer of [...own, stream]) {
      await viewer.until(() => viewer.of(video, "comment").length >= ids.length);
      expect(viewer.of(video, "comment").map(({ id }) => id)).toEqual(ids);
    }
    const reloaded = await connected("ghost", 2);
    await reloaded.ask("subscribe", { video, last: 10 });
    await reloaded.until(() => reloaded.of(video, "comment").length === ids.length);
    expect(reloaded.of(video, "comment").map(({ id }) => id)).toEqual(ids);

    // Whoever comes, and whoever was there, sees what others publish, and nothing of it.
    await post(portAt(0), video, { id: "c-1", ...comment("real") }, await tokenFor("anna"));
    const newcomer = await connected("cleo", 1);
    await newcomer.ask("subscribe", { video, last: 10 });
    for (const viewer of [...others, newcomer]) {
      await viewer.until(() => viewer.of(video, "comment").length > 0);
      expect(viewer.of(video, "comment").map(({ id }) => id)).toEqual(["c-1"]);
    }
    const { body } = await request(`/videos/${video}/history?limit=10`);
    expect((body["events"] as { id: string }[]).map(({ id }) => id)).toEqual(["c-1"]);
    const [witness] = others;
    const total = () => {
      const data = witness?.of(video, "totals").at(-1)?.data;
      return (data as Record<string, number> | undefined)?.["comment"];
    };
    await witness?.until(() => (total() ?? 0) > 0);
    expect(total()).toBe(1);

    const deleted = await request(`/videos/${video}/events/s-1`, {
      method: "DELETE",
      token: troll,
    });
    expect(deleted.status).toBe(200);
    const last = await connected("ghost", 0);
    await last.ask("subscribe", { video, last: 10 });
    await last.until(() => last.of(video, "comment").length === 3);
    expect(last.of(video, "comment").map(({ id }) => id)).toEqual(["c-1", "s-2", "s-3"]);
  });
});

describe("bans", () => {
  test("are listed by pages, those set last first, and every act is in the record", async () => {
    const video = "listed";
    for (const actor of ["a", "b", "c/ü"]) {
      await ban(`/videos/${video}/bans/${encodeURIComponent(actor)}`, {
        mode: "mute",
        reason: "why",
      });
    }
    await request(`/videos/${video}/bans/b`, { method: "DELETE" });
    const page = async (query: string) => {
      const { body } = await request(`/videos/${video}/bans?${query}`, { gateway: 1 });
      return body["bans"] as { actor: string; seq: number }[];
    };
    await withinTime(async () => (await page("limit=10")).length === 2);
    const [first] = await page("limit=1");
    expect(first).toMatchObject({ actor: "c/ü", mode: "mute", untilMs: null, by: "mod" });
    expect(await page(`limit=1&before=${first?.seq}`)).toMatchObject([{ actor: "a" }]);
    expect(await request(`/videos/${video}/bans/${encodeURIComponent("c/ü")}`)).toMatchObject({
      status: 200,
      body: { video, actor: "c/ü", reason: "why" },
    });
    expect(await request(`/videos/${video}/bans/b`)).toMatchObject({ status: 404 });

    const acts = async (query: string) => {
      const { body } = await request(`/videos/${video}/moderation?${query}`, { gateway: 2 });
      return body["acts"] as { seq: number; act: string }[];
    };
    const [newest, ...older] = await acts("limit=2");
    expect(newest).toMatchObject({ act: "ban.delete", by: "mod", target: "b" });
    expect(older).toMatchObject([{ act: "ban.put", target: "c/ü", why: "why" }]);
    const rest = await acts(`before=${older[0]?.seq}`);
    expect(rest.map(({ act }) => act)).toEqual(["ban.put", "ban.put"]);
    const counts = stack.dispatchers.map((node) =>
      metric(node, "ovation_dispatcher_moderation_acts_total"),
    );
    const sum = (await Promise.all(counts)).reduce((one, other) => one + other, 0);
    expect(sum).toBeGreaterThan(0);
  });

  test("survive a restart of NATS, a lost table, and a rolling restart of every process", async () => {
    await ban("/bans/lasting", { mode: "ban" });
    await ban("/videos/kept/bans/lasting-2", { mode: "mute" });
    // The table is in memory.
    await stack.nats.restart();
    const token = await tokenFor("lasting");
    const muted = await tokenFor("lasting-2");
    for (const dispatcher of stack.dispatchers.splice(0)) {
      const next = await stack.addDispatcher();
      await dispatcher.stop();
      // Of all that the tests before left, too.
      await eventually(async () => (await metric(next, "ovation_dispatcher_bans")) >= 2);
    }
    for (const gateway of stack.gateways.splice(0)) {
      const { port } = await stack.addGateway();
      await gateway.stop();
      const fresh = await TestSocket.open(port, "json");
      open.push(fresh);
      expect(await fresh.ask("connect", { token })).toMatchObject({ code: "banned" });
      expect(await post(port, "kept", { kind: "like" }, muted)).toMatchObject({
        status: 403,
        body: { error: { code: "banned" } },
      });
    }
    await publisher.close();
    publisher = await connectTo(stack.nats.url, "publisher");
    const answer = await overNats("kept", { kind: "like", actor: "lasting-2" });
    expect(answer).toMatchObject({ code: "banned" });
  });
});

/** The SDK's connection, with real gateways and a network in between. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { OvationError } from "../../sdk/index.ts";
import { eventually } from "../support/eventually.ts";
import { applyKinds } from "../support/kinds.ts";
import { Recorder } from "../support/recorder.ts";
import { metric, TestStack } from "../support/stack.ts";
import { client, connected, likesArrive, listen, statesOf } from "./support/client.ts";
import { Network } from "./support/network.ts";

let stack: TestStack;
let network: Network;

beforeEach(async () => {
  stack = await TestStack.start({ gateways: 2, gateway: { subscriptionsLimit: 20, lingerMs: 0 } });
  network = await Network.start(stack.gatewayAt(0).port);
});
afterEach(async () => {
  await network.stop();
  await stack.stop();
});

describe("a connection", () => {
  test("is opened when first needed, and its state is reported", async () => {
    const ovation = client(network.url);
    const states = statesOf(ovation);
    expect(ovation.state).toEqual({ name: "idle" });
    const { events } = listen(ovation, "launch");
    expect(ovation.state).toEqual({ name: "connecting" });
    const state = await connected(ovation);
    expect(state).toMatchObject({ via: "websocket", gateway: stack.gatewayAt(0).id });
    expect(states.all.map(({ name }) => name)).toEqual(["idle", "connecting", "connected"]);
    await stack.mirrored("launch", 1);
    await likesArrive(ovation, "launch", events);
  });

  test("carries many videos, each with its own events", async () => {
    const ovation = client(network.url);
    const videos = Array.from({ length: 20 }, (_, index) => `video-${index}`);
    const heard = videos.map((video) => listen(ovation, video));
    for (const { joined } of heard) await joined();
    expect(network.requests.all).toEqual(["GET /v1/connect?video=video-0 HTTP/1.1"]);
    for (const video of videos) await ovation.video(video).publish("like", { video });
    for (const [index, { events }] of heard.entries()) {
      await events.first(() => true);
      expect(events.all.map(({ data }) => data)).toEqual([{ video: videos[index] }]);
    }
  });

  test("is shared by the handles of one video, which is unsubscribed with the last listener", async () => {
    const ovation = client(network.url);
    const first = listen(ovation, "launch");
    const second = listen(ovation, "launch");
    await first.joined();
    first.off();
    await ovation.video("launch").publish("like");
    await second.events.first(() => true);
    expect(first.events.all).toEqual([]);
    second.off();
    await stack.mirrored("launch", 0);
    listen(ovation, "launch");
    await stack.mirrored("launch", 1);
  });

  test("reports a video that can't be watched, and continues with the others", async () => {
    const ovation = client(network.url);
    const errors = new Recorder<OvationError>();
    ovation.onError(errors.take);
    for (let index = 0; index < 20; index += 1) listen(ovation, `video-${index}`);
    await stack.mirrored("video-19", 1);
    listen(ovation, "one-too-many");
    const error = await errors.first(() => true);
    expect(error).toMatchObject({ code: "subscriptions_exceeded", video: "one-too-many" });
    expect(ovation.state.name).toBe("connected");
  });

  test("is not used for an invalid video id", () => {
    expect(() => client(network.url).video("no video")).toThrow(
      expect.objectContaining({ code: "video_invalid" }),
    );
  });

  test("stays closed until the application connects again", async () => {
    const ovation = client(network.url);
    const { events } = listen(ovation, "launch");
    await stack.mirrored("launch", 1);
    ovation.close();
    expect(ovation.state).toMatchObject({ name: "closed", reason: { code: "closed" } });
    await stack.mirrored("launch", 0);
    ovation.connect();
    await stack.mirrored("launch", 1);
    await likesArrive(ovation, "launch", events);
  });
});

describe("a lost connection", () => {
  test("is reopened, and all videos are watched as before", async () => {
    const ovation = client(network.url);
    const states = statesOf(ovation);
    const one = listen(ovation, "one");
    const two = listen(ovation, "two");
    for (const video of ["one", "two"]) await stack.mirrored(video, 1);
    network.port = stack.gatewayAt(1).port;
    network.cut();
    const lost = await states.first(({ name }) => name === "reconnecting");
    expect(lost).toMatchObject({ attempt: 1, reason: { code: "connection_lost" } });
    await states.until((all) => all.filter(({ name }) => name === "connected").length === 2);
    expect(ovation.state).toMatchObject({ gateway: stack.gatewayAt(1).id });
    await likesArrive(ovation, "one", one.events);
    await likesArrive(ovation, "two", two.events);
  });

  test("is retried while nothing answers", async () => {
    network.isDown = true;
    const ovation = client(network.url);
    const states = statesOf(ovation);
    ovation.connect();
    const later = await states.first((state) => state.name === "reconnecting" && state.attempt > 4);
    expect(later).toMatchObject({ reason: { code: "unreachable" } });
    const waits = states.all.flatMap((state) =>
      state.name === "reconnecting" ? state.waitMs : [],
    );
    expect(Math.max(...waits)).toBeLessThanOrEqual(200);
    network.isDown = false;
    await states.first(({ name }) => name === "connected");
  });

  test("is reopened at once when the application says that it is back", async () => {
    network.isDown = true;
    const anHour = { reconnectFirstMs: 3_600_000, reconnectMaxMs: 3_600_000, random: () => 0.5 };
    const ovation = client(network.url, anHour);
    const states = statesOf(ovation);
    ovation.connect();
    await states.first(({ name }) => name === "reconnecting");
    network.isDown = false;
    ovation.wake();
    await connected(ovation);
  });

  test("moves to another URL if the first one doesn't answer", async () => {
    const other = `http://127.0.0.1:${stack.gatewayAt(1).port}`;
    const ovation = client([network.url, other]);
    network.isDown = true;
    ovation.connect();
    expect(await connected(ovation)).toMatchObject({ gateway: stack.gatewayAt(1).id });
  });

  test("is not reopened before the time that the gateway asked for", async () => {
    const other = `ws://127.0.0.1:${stack.gatewayAt(1).port}`;
    const ovation = client([network.url, other]);
    const states = statesOf(ovation);
    listen(ovation, "launch");
    await stack.mirrored("launch", 1);
    const drained = stack.gatewayAt(0).drain();
    const left = await states.first(({ name }) => name === "reconnecting");
    const leftAt = performance.now();
    if (left.name !== "reconnecting") throw new Error("not left");
    await states.until((all) => all.filter(({ name }) => name === "connected").length === 2);
    // Timers may be early by less than a millisecond.
    expect(performance.now() - leftAt).toBeGreaterThan(left.waitMs - 1);
    expect(ovation.state).toMatchObject({ gateway: stack.gatewayAt(1).id });
    await drained;
    await stack.mirrored("launch", 1);
  });
});

describe("a quiet connection", () => {
  test("is kept while the gateway answers", async () => {
    const ovation = client(network.url, { heartbeatMs: 20, heartbeatTimeoutMs: 5_000 });
    const states = statesOf(ovation);
    ovation.connect();
    await connected(ovation);
    const requests = () => metric(stack.gatewayAt(0), "ovation_gateway_requests_total");
    const before = await requests();
    await eventually(async () => (await requests()) > before + 5);
    expect(states.all.at(-1)?.name).toBe("connected");
    expect(await metric(stack.gatewayAt(0), "ovation_gateway_refused_total")).toBe(0);
  });

  test("is given up in time if it is dead", async () => {
    const ovation = client(network.url, { heartbeatMs: 100, heartbeatTimeoutMs: 100 });
    const states = statesOf(ovation);
    const { events } = listen(ovation, "launch");
    await stack.mirrored("launch", 1);
    network.silence();
    const lost = await states.first(({ name }) => name === "reconnecting");
    expect(lost).toMatchObject({ reason: { code: "silent" } });
    await states.until((all) => all.filter(({ name }) => name === "connected").length === 2);
    await likesArrive(ovation, "launch", events);
  });
});

describe("a newer gateway or deployment", () => {
  test("can send kinds that the SDK doesn't know, to listeners of those kinds", async () => {
    const ovation = client(`http://127.0.0.1:${stack.gateway.port}`);
    const likes = listen(ovation, "launch");
    const waves = listen(ovation, "launch", "wave");
    await waves.joined();
    // The client has connected before there was such a kind.
    await applyKinds(stack.nats.url, { like: "transient", comment: "durable", wave: "transient" });
    await ovation.video("launch").publish("wave", { height: 3 });
    expect(await waves.events.first(() => true)).toMatchObject({ data: { height: 3 } });
    expect(likes.events.all).toEqual([]);
  });
});

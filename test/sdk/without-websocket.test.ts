/** The SDK where no WebSocket can be opened: Server-Sent Events and HTTP instead. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { TestStack } from "../support/stack.ts";
import { client, connected, likesArrive, listen, statesOf } from "./support/client.ts";
import { Network } from "./support/network.ts";

let stack: TestStack;
let network: Network;

beforeEach(async () => {
  stack = await TestStack.start({ gateways: 2, gateway: { lingerMs: 0 } });
  network = await Network.start(stack.gatewayAt(0).port);
  network.blocksWebSockets = true;
});
afterEach(async () => {
  await network.stop();
  await stack.stop();
});

/** Simulates a page that may not open a WebSocket. */
class ForbiddenWebSocket {
  constructor() {
    throw new DOMException("not here", "SecurityError");
  }
}

describe("where WebSockets are blocked", () => {
  test("the application watches and publishes as usual", async () => {
    const ovation = client(network.url);
    const one = listen(ovation, "one");
    const two = listen(ovation, "two");
    const viewers = listen(ovation, "two", "viewers");
    expect(await connected(ovation)).toMatchObject({ via: "sse" });
    for (const { joined } of [one, two]) await joined();
    await viewers.events.first(({ data }) => (data as { viewers: number }).viewers === 1);
    for (const video of ["one", "two"]) await ovation.video(video).publish("like", { video });
    expect(await one.events.first(() => true)).toMatchObject({ data: { video: "one" } });
    expect(await two.events.first(() => true)).toMatchObject({ data: { video: "two" } });
    one.off();
    await stack.mirrored("one", 0);
  });

  test("they are tried twice, and again later, in parallel to the existing connection", async () => {
    const ovation = client(network.url, { webSocketRetryMs: 50 });
    const states = statesOf(ovation);
    const { events } = listen(ovation, "launch");
    await connected(ovation);
    const tries = () => network.requests.all.filter((line) => line.includes("/v1/connect")).length;
    // Including one plain request, to find out why they are refused.
    expect(tries()).toBe(3);

    await network.requests.until(() => tries() >= 5);
    expect(states.all.at(-1)).toMatchObject({ name: "connected", via: "sse" });
    network.blocksWebSockets = false;
    await states.first((state) => state.name === "connected" && state.via === "websocket");
    // There was a connection all the time.
    const names = states.all.map(({ name }) => name);
    expect(names.slice(names.indexOf("connected"))).toEqual(["connected", "connected"]);
    await stack.mirrored("launch", 1);
    await likesArrive(ovation, "launch", events);
  });

  test("more videos can be watched than a browser has connections", async () => {
    const ovation = client(network.url, { transport: "sse" });
    const videos = Array.from({ length: 8 }, (_, index) => `video-${index}`);
    const listeners = videos.map((video) => listen(ovation, video));
    for (const { joined } of listeners) await joined();
    for (const [index, { events }] of listeners.entries()) {
      await likesArrive(ovation, `video-${index}`, events);
    }
  });

  test("a lost stream is reopened", async () => {
    const ovation = client(network.url, { transport: "sse" });
    const states = statesOf(ovation);
    const { events } = listen(ovation, "launch");
    await stack.mirrored("launch", 1);
    network.port = stack.gatewayAt(1).port;
    network.cut();
    expect(await states.first(({ name }) => name === "reconnecting")).toMatchObject({
      reason: { code: "connection_lost" },
    });
    await likesArrive(ovation, "launch", events);
  });

  test("a stream that is silent for too long is given up", async () => {
    const ovation = client(network.url, {
      transport: "sse",
      heartbeatMs: 200,
      heartbeatTimeoutMs: 200,
    });
    const states = statesOf(ovation);
    listen(ovation, "launch");
    await stack.mirrored("launch", 1);
    network.silence();
    expect(await states.first(({ name }) => name === "reconnecting")).toMatchObject({
      reason: { code: "silent" },
    });
  });

  test("a gateway's bye is obeyed", async () => {
    const other = `http://127.0.0.1:${stack.gatewayAt(1).port}`;
    const ovation = client([network.url, other], { transport: "sse" });
    const states = statesOf(ovation);
    listen(ovation, "launch");
    await stack.mirrored("launch", 1);
    await stack.gatewayAt(0).drain();
    const left = await states.first(({ name }) => name === "reconnecting");
    const leftAt = performance.now();
    await states.until((all) => all.filter(({ name }) => name === "connected").length === 2);
    if (left.name !== "reconnecting") throw new Error("not left");
    expect(performance.now() - leftAt).toBeGreaterThan(left.waitMs - 100);
    await stack.mirrored("launch", 1);
  });

  test("the client reports that nothing answers at all", async () => {
    network.isDown = true;
    const ovation = client(network.url);
    const states = statesOf(ovation);
    ovation.connect();
    await states.first((state) => state.name === "reconnecting" && state.attempt > 4);
    expect(states.all.some(({ name }) => name === "connected")).toBe(false);
    network.isDown = false;
    await states.first(({ name }) => name === "connected");
  });
});

describe("where WebSockets are forbidden or unknown", () => {
  test("the client falls back at once", async () => {
    const ovation = client(network.url, { WebSocket: ForbiddenWebSocket });
    const states = statesOf(ovation);
    listen(ovation, "launch");
    await connected(ovation);
    expect(states.all.map(({ name }) => name)).toEqual(["idle", "connecting", "connected"]);
  });

  test("an application that wants nothing else gets the reason", async () => {
    const ovation = client(network.url, { WebSocket: ForbiddenWebSocket, transport: "websocket" });
    const states = statesOf(ovation);
    ovation.connect();
    const failed = await states.first(({ name }) => name === "reconnecting");
    expect(failed).toMatchObject({ reason: { message: expect.stringContaining("not here") } });
  });

  test("Node 20, which has none, watches and publishes", async () => {
    const script = join(import.meta.dirname, "support/watch-and-publish.ts");
    const child = spawn(process.execPath, ["--no-experimental-websocket", script, network.url], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    child.stdout.on("data", (bytes) => {
      output += String(bytes);
    });
    const [code] = await once(child, "exit");
    expect(output).toBe("sse\nhello\n");
    expect(code).toBe(0);
  });
});

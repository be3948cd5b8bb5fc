/** How a client reconnects: neither at the same time as all others, nor in a loop. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { eventually } from "../support/eventually.ts";
import { TestStack } from "../support/stack.ts";
import { post } from "../support/viewer.ts";
import { client, connected, listen, statesOf } from "./support/client.ts";
import { LaterGateway } from "./support/later-gateway.ts";
import { Network } from "./support/network.ts";

const HOUR_MS = 3_600_000;
const cleanUps: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

test("a gateway that accepts a client and closes at once is tried less and less often", async () => {
  const gateway = await LaterGateway.start(({ op }, socket) => {
    if (op === "connect") setImmediate(() => socket.close(1012));
    return {};
  });
  cleanUps.push(() => gateway.stop());
  const waits = { reconnectFirstMs: 1, reconnectMaxMs: 64, healthyMs: 60_000 };
  const ovation = client(gateway.url, { ...waits, random: () => 1 });
  const states = statesOf(ovation);
  ovation.connect();
  await states.until((all) => all.filter(({ name }) => name === "reconnecting").length === 8);
  const reported = states.all.flatMap((state) =>
    state.name === "reconnecting" ? state.waitMs : [],
  );
  expect(reported.slice(0, 8)).toEqual([1, 2, 4, 8, 16, 32, 64, 64]);
});

test("clients that lose their gateway at the same time reconnect at random times", async () => {
  const gateway = await LaterGateway.start(() => ({}));
  cleanUps.push(() => gateway.stop());
  const waits = { reconnectFirstMs: 1_000, reconnectMaxMs: 1_000 };
  const clients = Array.from({ length: 100 }, () => client(gateway.url, waits));
  const all = clients.map((ovation) => statesOf(ovation));
  for (const ovation of clients) ovation.connect();
  await Promise.all(clients.map((ovation) => connected(ovation)));
  for (const socket of gateway.sockets) socket.close(1011);
  const lost = await Promise.all(
    all.map((states) => states.first(({ name }) => name === "reconnecting")),
  );
  const tenths = Array<number>(10).fill(0);
  for (const state of lost) {
    if (state.name !== "reconnecting") continue;
    const tenth = Math.min(9, Math.floor(state.waitMs / 100));
    tenths[tenth] = (tenths[tenth] ?? 0) + 1;
  }
  // Ten expected in each; more than 30 happens by chance once in a hundred million runs.
  expect(Math.max(...tenths)).toBeLessThanOrEqual(30);
});

describe("a device that slept for an hour", () => {
  test.each(["websocket", "sse"] as const)(
    "reconnects once (%s), however many network events it gets, and has what it missed",
    async (transport) => {
      const stack = await TestStack.start({ gateways: 1, gateway: { lingerMs: 0 } });
      cleanUps.push(() => stack.stop());
      const network = await Network.start(stack.gateway.port);
      cleanUps.push(() => network.stop());
      // Node has no such events; in a browser they come from the window.
      const events = new EventTarget();
      vi.stubGlobal("addEventListener", events.addEventListener.bind(events));
      vi.stubGlobal("removeEventListener", events.removeEventListener.bind(events));
      cleanUps.push(() => void vi.unstubAllGlobals());

      const heartbeat = { heartbeatMs: 500, heartbeatTimeoutMs: 500 };
      const ovation = client(network.url, { transport, ...heartbeat });
      cleanUps.push(() => ovation.close());
      const comments: unknown[] = [];
      const missed: unknown[] = [];
      const video = ovation.video("launch");
      video.on("comment", ({ data }) => comments.push(data));
      video.onMissed((what) => missed.push(what));
      const states = statesOf(ovation);
      const { joined } = listen(ovation, "launch");
      await joined();
      await post(stack.gateway.port, "launch", { kind: "comment", data: 1 });
      await eventually(() => comments.length === 1);

      network.silence();
      vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + HOUR_MS });
      cleanUps.push(() => void vi.useRealTimers());
      await post(stack.gateway.port, "launch", { kind: "comment", data: 2 });
      for (const type of ["offline", "online", "offline", "online"]) {
        events.dispatchEvent(new Event(type));
      }
      await states.until((all) => all.filter(({ name }) => name === "connected").length === 2);
      await eventually(() => comments.length === 2);
      for (let count = 0; count < 20; count += 1) events.dispatchEvent(new Event("online"));
      await post(stack.gateway.port, "launch", { kind: "comment", data: 3 });
      await eventually(() => comments.length === 3);
      expect(comments).toEqual([1, 2, 3]);
      expect(missed).toEqual([]);
      expect(states.all.filter(({ name }) => name === "reconnecting")).toHaveLength(1);
      const opened = network.requests.all.filter((line) => !line.includes("/v1/ping"));
      expect(opened).toHaveLength(2);
    },
  );

  test("and whose clock was set back still notices silence", async () => {
    const stack = await TestStack.start({ gateways: 1, gateway: { lingerMs: 0 } });
    cleanUps.push(() => stack.stop());
    const network = await Network.start(stack.gateway.port);
    cleanUps.push(() => network.stop());
    const heartbeat = { heartbeatMs: 200, heartbeatTimeoutMs: 200 };
    const ovation = client(network.url, { transport: "sse", ...heartbeat });
    const states = statesOf(ovation);
    await listen(ovation, "launch").joined();
    network.silence();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() - HOUR_MS });
    cleanUps.push(() => void vi.useRealTimers());
    vi.setSystemTime(Date.now());
    const timer = setInterval(() => vi.setSystemTime(Date.now() + 50), 50);
    cleanUps.push(() => clearInterval(timer));
    const lost = await states.first(({ name }) => name === "reconnecting");
    expect(lost).toMatchObject({ reason: { code: "silent" } });
  });
});

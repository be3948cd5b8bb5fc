/** A stopped gateway ends in time, even with viewers left or connections that don't close. */

import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, expect, test } from "vitest";
import { type RoleProcess, spawnRole } from "../support/process.ts";
import { TestStack } from "../support/stack.ts";
import { TestSocket } from "../support/viewer.ts";
import { handshake } from "../support/websocket-wire.ts";

let stack: TestStack | undefined;
let gateways: RoleProcess[] = [];
afterEach(async () => {
  await Promise.all(gateways.map((gateway) => gateway.kill9()));
  gateways = [];
  await stack?.stop();
  stack = undefined;
});

async function start(count: number, flags: readonly string[] = []): Promise<RoleProcess[]> {
  stack = await TestStack.start({ gateways: 0, dispatchers: 1 });
  const { url } = stack.nats;
  gateways = await Promise.all(
    Array.from({ length: count }, () => spawnRole("gateway", url, flags)),
  );
  return gateways;
}

async function viewersOf(gateway: RoleProcess, count: number): Promise<TestSocket[]> {
  const viewers = Array.from({ length: count }, () => TestSocket.connect(gateway.port));
  const sockets = await Promise.all(viewers);
  await Promise.all(sockets.map((socket) => socket.ask("subscribe", { video: "launch" })));
  return sockets;
}

async function waitOf(viewer: TestSocket): Promise<number> {
  const bye = await viewer.until(() => viewer.messages.find(({ op }) => op === "bye"));
  expect(await viewer.untilClosed()).toEqual({ code: 1012, reason: "restart" });
  return Number(bye["reconnectAfterMs"]);
}

test("when no gateway is left, viewers reconnect when another may have started, each at its own time", async () => {
  const [last] = await start(1);
  if (last === undefined) throw new Error("no gateway");
  const viewers = await viewersOf(last, 40);
  expect(await last.stop()).toBe(0);
  const waits = await Promise.all(viewers.map(waitOf));
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(1_000);
  expect(Math.max(...waits)).toBeLessThanOrEqual(6_000);
  expect(new Set(waits.map((wait) => Math.floor(wait / 500))).size).toBeGreaterThan(5);
  await stack?.mirrored("launch", 0);
});

test("viewers that remain at the end of the drain each get their own time to reconnect", async () => {
  // The other one accepts two per second, and gets half of that: too slow for most to wait.
  const [leaving] = await start(2, ["--connections-per-second", "2", "--drain-ms", "1000"]);
  if (leaving === undefined) throw new Error("no gateway");
  const viewers: TestSocket[] = [];
  while (viewers.length < 5) {
    const [viewer] = await viewersOf(leaving, 1).catch(() => []);
    if (viewer !== undefined) viewers.push(viewer);
  }
  expect(await leaving.stop()).toBe(0);
  const waits = await Promise.all(viewers.map(waitOf));
  expect(Math.max(...waits)).toBeGreaterThan(2_000);
  expect(Math.max(...waits)).toBeLessThanOrEqual(5_000);
});

test("a viewer that neither reads nor disconnects can't delay it", async () => {
  const [gateway] = await start(1, ["--drain-ms", "1500"]);
  const deaf = connect({ port: gateway?.port ?? 0, host: "127.0.0.1", allowHalfOpen: true });
  await once(deaf, "connect");
  deaf.write(handshake());
  await once(deaf, "readable");
  expect(await gateway?.stop()).toBe(0);
  deaf.destroy();
});

/** WebSockets that open but are soon cut, and losses of other kinds. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { TestStack } from "../support/stack.ts";
import { client, connected, likesArrive, listen, statesOf } from "./support/client.ts";
import { LaterGateway } from "./support/later-gateway.ts";
import { Network } from "./support/network.ts";

let stack: TestStack;
let network: Network;

beforeEach(async () => {
  stack = await TestStack.start({ gateways: 2, gateway: { lingerMs: 0 } });
  network = await Network.start(stack.gatewayAt(0).port);
});
afterEach(async () => {
  await network.stop();
  await stack.stop();
});

type States = ReturnType<typeof statesOf>;
const viasOf = (states: States) =>
  states.all.flatMap((state) => (state.name === "connected" ? state.via : []));
const isVia = (via: string) => (state: States["all"][number]) =>
  state.name === "connected" && state.via === via;

describe("where WebSockets are cut soon after they open", () => {
  test("the client falls back to event streams for as long as that lasts", async () => {
    network.cutsWebSockets = true;
    const ovation = client(network.url, { healthyMs: 1_000, webSocketRetryMs: 50 });
    const states = statesOf(ovation);
    const { events } = listen(ovation, "launch");
    const kept = await states.first(isVia("sse"));
    expect(viasOf(states)).toEqual(["websocket", "websocket", "websocket", "sse"]);
    // WebSockets are tried in parallel, and cut, without a change of state.
    const tries = () => network.requests.all.filter((line) => line.includes("/v1/connect")).length;
    const before = tries();
    await network.requests.until(() => tries() >= before + 3);
    expect(states.all.at(-1)).toBe(kept);
    await likesArrive(ovation, "launch", events);

    network.cutsWebSockets = false;
    await states.until(() => states.all.at(-1) !== kept);
    // A WebSocket that lasts takes over without a gap.
    expect(states.all.at(-1)).toMatchObject({ name: "connected", via: "websocket" });
  });

  test("an application that wants nothing else keeps reconnecting", async () => {
    network.cutsWebSockets = true;
    const ovation = client(network.url, { healthyMs: 1_000, transport: "websocket" });
    const states = statesOf(ovation);
    ovation.connect();
    await states.until(() => viasOf(states).length >= 5);
    expect(new Set(viasOf(states))).toEqual(new Set(["websocket"]));
  });
});

describe("WebSockets stay in use", () => {
  test("when a gateway is killed just after they opened, and takes a while to come back", async () => {
    const ovation = client(network.url, { healthyMs: 60_000 });
    const states = statesOf(ovation);
    ovation.connect();
    await connected(ovation);
    network.isDown = true;
    network.cut();
    await states.first((state) => state.name === "reconnecting" && state.attempt > 3);
    network.isDown = false;
    await states.until(() => viasOf(states).length === 2);
    expect(viasOf(states)).toEqual(["websocket", "websocket"]);
  });

  test("or are used again very soon, if it was away long enough for event streams to be tried", async () => {
    const ovation = client(network.url, { healthyMs: 1, webSocketRetryMs: 600_000 });
    const states = statesOf(ovation);
    ovation.connect();
    await connected(ovation);
    // Longer than `healthyMs`, however late its timer is.
    for (let likes = 0; likes < 20; likes += 1) await ovation.video("launch").publish("like");
    network.blocksWebSockets = true;
    network.cut();
    await states.first(isVia("sse"));
    network.blocksWebSockets = false;
    await states.until(() => viasOf(states).at(-1) === "websocket");
  });

  test.each([
    ["a bye", true, 1000],
    ["a restart", false, 1012],
    ["a fault", false, 1011],
    ["no room", false, 1013],
  ])("when gateways repeatedly end them with %s", async (_, hasBye, code) => {
    const gateway = await LaterGateway.start(({ op }, socket) => {
      if (op === "connect") {
        setImmediate(() => {
          if (hasBye) socket.send({ op: "bye", reconnectAfterMs: 0 });
          socket.close(code);
        });
      }
      return {};
    });
    const ovation = client(gateway.url, { healthyMs: 60_000 });
    const states = statesOf(ovation);
    ovation.connect();
    await states.until(() => viasOf(states).length >= 6);
    ovation.close();
    await gateway.stop();
    const reasons = states.all.flatMap((state) =>
      state.name === "reconnecting" ? state.reason.code : [],
    );
    expect(new Set(reasons)).toEqual(new Set(["connection_lost"]));
    expect(new Set(viasOf(states))).toEqual(new Set(["websocket"]));
  });
});

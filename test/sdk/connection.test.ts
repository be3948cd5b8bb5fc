/** The SDK's connection, against real gateways and the network between. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { OvationEvent } from "../../sdk/index.ts";
import { TestStack } from "../support/stack.ts";
import { client, connected, Recorder, statesOf } from "./support/client.ts";
import { Network } from "./support/network.ts";

let stack: TestStack;
let network: Network;

beforeEach(async () => {
  stack = await TestStack.start({ gateways: 2 });
  network = await Network.start(stack.gatewayAt(0).port);
});
afterEach(async () => {
  await network.stop();
  await stack.stop();
});

describe("a connection", () => {
  test("is made when it is first needed, and told of", async () => {
    const ovation = client(network.url);
    const states = statesOf(ovation);
    expect(ovation.state).toEqual({ name: "idle" });
    const likes = new Recorder<OvationEvent>();
    ovation.video("launch").on("like", likes.take);
    expect(ovation.state).toEqual({ name: "connecting" });
    const state = await connected(ovation);
    expect(state).toMatchObject({ via: "websocket", gateway: stack.gatewayAt(0).id });
    expect(states.all.map(({ name }) => name)).toEqual(["idle", "connecting", "connected"]);
    await stack.mirrored("launch", 1);
    await ovation.video("launch").publish("like");
    expect(await likes.first(() => true)).toMatchObject({ kind: "like" });
  });
});

/** Publishes without an answer: over a dead connection, or when the client is closed. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { TestStack } from "../support/stack.ts";
import { watch } from "../support/viewer.ts";
import { client, connected, statesOf } from "./support/client.ts";
import { LaterGateway, refused } from "./support/later-gateway.ts";
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

const codeOf = (error: unknown) => (error as { readonly code: string }).code;

describe.each(["websocket", "sse"] as const)("over %s", (transport) => {
  test("what is published into a dead connection arrives over the next one", async () => {
    // The heartbeat alone would notice the silence only after a minute.
    const ovation = client(network.url, {
      transport,
      heartbeatMs: 60_000,
      heartbeatTimeoutMs: 1_000,
    });
    const viewer = await watch("json", stack.gatewayAt(1).port, "launch");
    ovation.video("launch").watch();
    await stack.mirrored("launch", 2);
    await ovation.video("launch").publish("comment", "before");
    network.silence();
    const { eventId } = await ovation.video("launch").publish("comment", "during");
    await ovation.video("launch").publish("comment", "after");
    await viewer.until(() => viewer.of("launch", "comment").length >= 3);
    const comments = viewer.of("launch", "comment");
    expect(comments.map(({ data }) => data)).toEqual(["before", "during", "after"]);
    expect(comments[1]?.id).toBe(eventId);
  });

  test("what was sent before the client is closed may have been accepted, and its error says so", async () => {
    const ovation = client(network.url, { transport });
    const viewer = await watch("json", stack.gatewayAt(1).port, "launch");
    await stack.mirrored("launch", 1);
    ovation.connect();
    await connected(ovation);
    network.answersNothing = true;
    const video = ovation.video("launch");
    // At most 50 are in flight at once.
    const published = Array.from({ length: 60 }, () => video.publish("like"));
    const settled = Promise.allSettled(published);
    await viewer.until(() => viewer.total("launch", "like") > 0);
    ovation.close();
    const codes = (await settled).map((one) => one.status === "rejected" && codeOf(one.reason));
    expect(codes.slice(0, 50)).toEqual(Array(50).fill("unconfirmed"));
    expect(codes.slice(50)).toEqual(Array(10).fill("closed"));
  });
});

let gateway: LaterGateway | undefined;
afterEach(async () => {
  await gateway?.stop();
  gateway = undefined;
});

test("an answer that is merely slow makes the client check the connection, and keep it", async () => {
  gateway = await LaterGateway.start(({ op }, socket) => {
    if (op !== "ping") return op === "publish" ? undefined : {};
    const [publish] = gateway?.of("publish") ?? [];
    socket.send({ op: "result", id: publish?.id, eventId: publish?.["eventId"] });
    return {};
  });
  const ovation = client(gateway.url, { heartbeatMs: 60_000, heartbeatTimeoutMs: 1_000 });
  const states = statesOf(ovation);
  await ovation.video("launch").publish("like");
  expect(gateway.of("publish")).toHaveLength(1);
  expect(states.all.map(({ name }) => name)).toEqual(["idle", "connecting", "connected"]);
});

describe("when the client is closed", () => {
  test("what the gateway had temporarily refused was not accepted", async () => {
    gateway = await LaterGateway.start(({ kind }) =>
      kind === "like" ? { ...refused("unavailable"), retryAfterMs: 60_000 } : {},
    );
    const ovation = client(gateway.url, { transport: "websocket" });
    const published = expect(ovation.video("launch").publish("like")).rejects.toMatchObject({
      code: "closed",
    });
    await ovation.video("launch").publish("comment");
    ovation.close();
    await published;
  });

  test("what was lost with a connection may have been accepted, even before it is sent again", async () => {
    gateway = await LaterGateway.start(({ op }) => (op === "publish" ? undefined : {}));
    const ovation = client(gateway.url, { transport: "websocket", reconnectFirstMs: 60_000 });
    const published = expect(ovation.video("launch").publish("like")).rejects.toMatchObject({
      code: "unconfirmed",
      message: expect.stringContaining("may have been accepted"),
    });
    await gateway.asked.first(({ op }) => op === "publish");
    const lost = statesOf(ovation).first(({ name }) => name === "reconnecting");
    gateway.sockets[0]?.close(1011);
    await lost;
    ovation.close();
    await published;
  });

  test("by the gateway, it reports the same for what was sent, and the reason for the rest", async () => {
    gateway = await LaterGateway.start(({ op }) => (op === "publish" ? undefined : {}));
    const ovation = client(gateway.url, { transport: "websocket" });
    const video = ovation.video("launch");
    const settled = Promise.allSettled(Array.from({ length: 51 }, () => video.publish("like")));
    const started = gateway;
    await started.asked.until(() => started.of("publish").length === 50);
    started.sockets[0]?.close(4413, "too_large");
    const codes = (await settled).map((one) => one.status === "rejected" && codeOf(one.reason));
    expect([codes[0], codes[49], codes[50]]).toEqual(["unconfirmed", "unconfirmed", "too_large"]);
  });
});

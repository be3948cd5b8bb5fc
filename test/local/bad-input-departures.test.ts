/** What remains of clients that disconnect in the middle of a request or before its answer. */
import { once } from "node:events";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Msg, NatsConnection } from "nats";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DISPATCHER_QUEUE } from "../../shared/protocol/subjects.ts";
import { encodeMsgpack } from "../../shared/protocol/wire/codec.ts";
import { eventually } from "../support/eventually.ts";
import { connectTo } from "../support/nats-users.ts";
import { burst, RawSocket } from "../support/raw.ts";
import { metric, TestStack } from "../support/stack.ts";
import { TestSocket, watch } from "../support/viewer.ts";

let stack: TestStack;
const LIKE = { op: "publish", video: "ok-a", kind: "like" };

describe("clients that disconnect in the middle of a request", () => {
  beforeEach(async () => {
    stack = await TestStack.start({ gateway: { lingerMs: 0 } });
  });
  afterEach(async () => {
    await stack?.stop();
  });

  /** Resolves when the gateway holds nothing for any client. */
  async function nothingHeld(opened: number): Promise<void> {
    const { gateway } = stack;
    const value = async (name: string) => await metric(gateway, `ovation_gateway_${name}`);
    await eventually(async () => (await value("connections_closed_total")) === opened);
    await eventually(async () => (await value("videos")) === 0);
    await eventually(async () => (await value("table_rows")) === 0);
    expect(await value("connections_opened_total")).toBe(opened);
    expect(await value("websockets")).toBe(0);
    expect(await value("event_streams")).toBe(0);
  }

  test("leave no connection, no subscription and no row behind, whenever they disconnect", async () => {
    const ROUNDS = 60;
    for (let round = 0; round < ROUNDS; round += 1) {
      const viewer = await TestSocket.open(stack.gateway.port, round % 2 ? "json" : "msgpack");
      burst(viewer, [
        { op: "connect", id: 1 },
        { op: "subscribe", id: 2, video: "ok-both" },
        { op: "subscribe", id: 3, video: `ok-${round}` },
        { op: "unsubscribe", id: 4, video: "ok-both" },
        { op: "subscribe", id: 5, video: "ok-both" },
        { ...LIKE, id: 6, video: `ok-${round}` },
      ]);
      // Some disconnect at once, some a little later, some on the first slow answer.
      for (let turns = round % 8; turns > 0; turns -= 1) await nextTurn();
      if (round % 9 === 8) await viewer.answerTo(3);
      viewer.socket.terminate();
      await viewer.untilClosed();
    }
    await nothingHeld(ROUNDS);
    await stack.mirrored("ok-both", 0);
    expect(stack.dispatchers[0]?.routes.rowCount).toBe(0);
  });

  test("over Server-Sent Events leave nothing behind either", async () => {
    const ROUNDS = 60;
    for (let round = 0; round < ROUNDS; round += 1) {
      const socket = await RawSocket.open(stack.gateway.port);
      socket.write(`GET /v1/videos/ok-${round % 7}/events HTTP/1.1\r\nHost: x\r\n\r\n`);
      // Only a request that was read is certain to be counted.
      await socket.response();
      for (let turns = round % 5; turns > 0; turns -= 1) await nextTurn();
      socket.destroy();
    }
    await nothingHeld(ROUNDS);
  });

  test("affect no others: a viewer that stays gets every event", async () => {
    const stayer = await watch("msgpack", stack.gateway.port, "ok-stay");
    await stack.mirrored("ok-stay", 1);
    const publisher = await TestSocket.connect(stack.gateway.port);
    const { op: _op, ...like } = { ...LIKE, video: "ok-stay" };
    for (let n = 0; n < 40; n += 1) {
      const leaver = await watch("json", stack.gateway.port, "ok-stay");
      const published = publisher.ask("publish", { ...like, data: n });
      if (leaver instanceof TestSocket) leaver.socket.terminate();
      expect(await published).toMatchObject({ op: "result" });
    }
    await stayer.until(() => stayer.of("ok-stay", "like").length >= 40);
    expect(stayer.of("ok-stay", "like").map(({ data }) => data)).toEqual([...Array(40).keys()]);
    await Promise.all([stayer.close(), publisher.close()]);
    await nothingHeld(42);
  });
});

describe("publishes that are not answered yet", () => {
  const LIMIT = 2;
  let bus: NatsConnection;
  let requests: Msg[];
  let onRequest: EventTarget;

  beforeEach(async () => {
    stack = await TestStack.start({ dispatchers: 0, gateway: { inFlightLimit: LIMIT } });
    requests = [];
    onRequest = new EventTarget();
    // A dispatcher that answers on demand.
    bus = await connectTo(stack.nats.url, "dispatcher");
    bus.subscribe("ov.gateway.publish.*.*", {
      queue: DISPATCHER_QUEUE,
      callback: (_error, message) => {
        requests.push(message);
        onRequest.dispatchEvent(new Event("request"));
      },
    });
    await bus.flush();
  });
  afterEach(async () => {
    await bus?.close();
    await stack?.stop();
  });

  async function untilRequested(count: number): Promise<void> {
    while (requests.length < count) await once(onRequest, "request");
  }
  function answerAll(): void {
    for (const request of requests.splice(0)) {
      request.respond(encodeMsgpack({ accepted: ["mine"] }));
    }
  }

  test("are limited: one more is refused with a named error, and accepted after an answer", async () => {
    const viewer = await TestSocket.connect(stack.gateway.port);
    burst(
      viewer,
      // Each on its own video, so that none waits for another.
      [2, 3, 4].map((id) => ({ ...LIKE, id, video: `ok-${id}` })),
    );
    expect(await viewer.answerTo(4)).toMatchObject({ code: "in_flight_exceeded", limit: LIMIT });
    await untilRequested(LIMIT);
    expect(viewer.messages).toHaveLength(2);
    answerAll();
    for (const id of [2, 3]) {
      expect(await viewer.answerTo(id)).toMatchObject({ op: "result", eventId: "mine" });
    }
    viewer.sendMessage({ ...LIKE, id: 5 });
    await untilRequested(1);
    answerAll();
    expect(await viewer.answerTo(5)).toMatchObject({ op: "result" });
    expect(viewer.messages).toHaveLength(5);
    await viewer.close();
  });

  test("do no harm when the client disconnects first", async () => {
    const viewer = await TestSocket.connect(stack.gateway.port);
    burst(
      viewer,
      [2, 3].map((id) => ({ ...LIKE, id })),
    );
    const stream = await RawSocket.open(stack.gateway.port);
    const body = '{"kind":"like"}';
    stream.write(
      "POST /v1/videos/ok-a/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" +
        `Content-Length: ${body.length}\r\n\r\n${body}`,
    );
    await untilRequested(3);
    viewer.socket.terminate();
    stream.destroy();
    await eventually(async () => (await metric(stack.gateway, "ovation_gateway_websockets")) === 0);
    answerAll();
    const next = await TestSocket.connect(stack.gateway.port);
    next.sendMessage({ ...LIKE, id: 2 });
    await untilRequested(1);
    answerAll();
    expect(await next.answerTo(2)).toMatchObject({ op: "result" });
    await next.close();
  });

  test("get a timeout error when the answer does not arrive in time", async () => {
    await stack.addGateway({ requestTimeoutMs: 50 });
    const viewer = await TestSocket.connect(stack.gatewayAt(1).port);
    viewer.sendMessage({ ...LIKE, id: 2 });
    expect(await viewer.answerTo(2)).toMatchObject({ op: "error", code: "timeout" });
    // An answer that arrives too late is dropped: the request already has its one.
    answerAll();
    viewer.sendMessage({ ...LIKE, id: 3 });
    expect(await viewer.answerTo(3)).toMatchObject({ op: "error", code: "timeout" });
    expect(viewer.messages).toHaveLength(3);
    await viewer.close();
  });
});

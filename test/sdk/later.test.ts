/** What no gateway does on demand, or not yet, tested with a stand-in. */
import { afterEach, describe, expect, test } from "vitest";
import type { Frame, OvationEvent } from "../../sdk/index.ts";
import { closeCodes } from "../../shared/protocol/close-codes.ts";
import { Recorder } from "../support/recorder.ts";
import { client, connected, statesOf } from "./support/client.ts";
import { LaterGateway, type LaterSocket, refused, type Script } from "./support/later-gateway.ts";

let gateway: LaterGateway;
afterEach(async () => {
  await gateway?.stop();
});

function event(prev: number, seq: number): OvationEvent {
  return { id: `e${seq}`, kind: "comment", at: 0, seq, prev };
}

async function started(script: Script) {
  gateway = await LaterGateway.start(script);
  const ovation = client(gateway.url, { transport: "websocket" });
  return { ovation, states: statesOf(ovation) };
}

function push(socket: LaterSocket | undefined, fields: object): void {
  socket?.send({ op: "events", video: "launch", events: [], ...fields });
}

const AT_50 = { seq: 50, epoch: "e1" };

describe("a gap that a gateway could not fill", () => {
  test("is filled by subscribing again, and events from meanwhile arrive once", async () => {
    const { ovation } = await started(({ op, after }, socket) => {
      if (op !== "subscribe") return {};
      if (after === undefined) return AT_50;
      // After the answer, as gateways do.
      setImmediate(() => push(socket, { events: [event(50, 60), event(60, 70)] }));
      return { seq: 70, epoch: "e1", recovered: true };
    });
    const comments = new Recorder<OvationEvent>();
    ovation.video("launch").on("comment", comments.take);
    await gateway.asked.first(({ op }) => op === "subscribe");
    push(gateway.sockets[0], { events: [event(60, 70)] });
    await comments.until(({ length }) => length === 2);
    push(gateway.sockets[0], { events: [event(70, 80)] });
    await comments.until(({ length }) => length === 3);
    expect(comments.all.map(({ seq }) => seq)).toEqual([60, 70, 80]);
    expect(gateway.asked.all.map(({ op }) => op)).toEqual([
      "connect",
      "subscribe",
      "unsubscribe",
      "subscribe",
    ]);
    expect(gateway.of("subscribe")[1]).toMatchObject({ after: 50, epoch: "e1" });
  });
});

describe("a history that can't be read", () => {
  test("delays comments, and nothing else, until it can", async () => {
    let isOut = true;
    const { ovation } = await started(({ op, last, after }, socket) => {
      if (op !== "subscribe") return {};
      if (last === undefined && after === undefined) return {};
      if (isOut) return refused("history_unavailable");
      setImmediate(() => push(socket, { events: [event(40, 50)] }));
      return AT_50;
    });
    const comments = new Recorder<OvationEvent>();
    const likes = new Recorder<OvationEvent>();
    const video = ovation.video("launch", { history: 5 });
    video.on("comment", comments.take);
    video.on("like", likes.take);
    await gateway.asked.until(() => gateway.of("subscribe").length === 2);
    const like = { id: "l", kind: "like", at: 0 };
    push(gateway.sockets[0], { events: [like, event(40, 50)] });
    await likes.first(() => true);
    expect(comments.all).toEqual([]);
    isOut = false;
    expect(await comments.first(() => true)).toMatchObject({ seq: 50 });
    expect(comments.all).toHaveLength(1);
  });
});

describe("a newer gateway", () => {
  test("may send messages, fields and types that this SDK doesn't know", async () => {
    const { ovation, states } = await started(({ op }, socket) => {
      if (op !== "subscribe") return { mood: { of: ["any", 1] } };
      setImmediate(() => {
        socket.send({ op: "weather", video: "launch", sun: true });
        socket.send({ op: "events" });
        socket.send({ op: "result", id: 12_345 });
        push(socket, {
          events: [{ id: "a", kind: "like", at: 0, colour: "red" }, "no event", { id: 7 }],
          counts: { like: 3, dance: 2, odd: "many" },
          digest: null,
        });
      });
      return { seq: 0, epoch: "e1", shard: 4 };
    });
    const frames = new Recorder<Frame>();
    ovation.video("launch").onFrame(frames.take);
    expect(await frames.first(() => true)).toEqual({
      events: [{ id: "a", kind: "like", at: 0, colour: "red" }],
      counts: { like: 3, dance: 2 },
    });
    expect(states.all.at(-1)?.name).toBe("connected");
  });

  test("may refuse with codes that this SDK doesn't know", async () => {
    const { ovation } = await started(({ op }) => (op === "publish" ? refused("too_modern") : {}));
    await expect(ovation.video("launch").publish("like")).rejects.toMatchObject({
      code: "too_modern",
    });
  });
});

describe("a close", () => {
  test.each(Object.values(closeCodes))(
    "with $code $reason is handled as its table says",
    async ({ code, reason, reconnect }) => {
      const { ovation, states } = await started(() => ({}));
      ovation.connect();
      await connected(ovation);
      gateway.sockets[0]?.close(code, reason);
      if (reconnect) {
        await states.until((all) => all.filter(({ name }) => name === "connected").length === 2);
      } else {
        await states.first(({ name }) => name === "closed");
        expect(ovation.state).toMatchObject({ reason: { code: reason } });
      }
    },
  );

  test.each([
    [4477, "closed"],
    [4577, "reconnecting"],
    [1011, "reconnecting"],
  ] as const)("with an unknown code, %i, is handled by its range", async (code, name) => {
    const { ovation, states } = await started(() => ({}));
    ovation.connect();
    await connected(ovation);
    gateway.sockets[0]?.close(code);
    await states.first((state) => state.name === name);
  });
});

/** What viewers and publishers can rely on when an operator stops a process. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { publishSubject } from "../../shared/protocol/subjects.ts";
import { decodeTrustedMsgpack, encodeMsgpack } from "../../shared/protocol/wire/codec.ts";
import { eventually } from "../support/eventually.ts";
import { Load } from "../support/load.ts";
import { connectTo } from "../support/nats-users.ts";
import { type RoleProcess, spawnRole } from "../support/process.ts";
import { metric, TestStack } from "../support/stack.ts";
import { TestEventStream, TestSocket, watch } from "../support/viewer.ts";

let stack: TestStack;
let stopped: RoleProcess | undefined;

beforeEach(async () => {
  // However late a frame is, it carries each of its events: none is only counted.
  stack = await TestStack.start({ gateways: 2, dispatchers: 1, gateway: { frameEvents: 10_000 } });
});
afterEach(async () => {
  await stopped?.kill9();
  await stack.stop();
});

test("a stopped gateway tells its viewers when to come back, leaves the table at once and exits 0", async () => {
  const gateway = await spawnRole("gateway", stack.nats.url);
  stopped = gateway;
  const socket = await TestSocket.connect(gateway.port);
  await socket.ask("subscribe", { video: "launch" });
  const stream = await TestEventStream.open(gateway.port, "launch");
  const stays = await watch("json", stack.gateway.port, "launch");
  await stack.mirrored("launch", 3);

  expect(await gateway.stop()).toBe(0);
  for (const viewer of [socket, stream]) {
    const bye = await viewer.until(() => viewer.messages.find(({ op }) => op === "bye"));
    expect(bye["reconnectAfterMs"]).toBeGreaterThanOrEqual(0);
    expect(bye["reconnectAfterMs"]).toBeLessThanOrEqual(5_000);
  }
  expect(await socket.untilClosed()).toEqual({ code: 1012, reason: "restart" });
  await stream.until(() => stream.isEnded);
  // An EventSource follows `retry:`, not our message.
  expect(stream.retryMs).toBe(stream.messages.find(({ op }) => op === "bye")?.["reconnectAfterMs"]);
  await stack.mirrored("launch", 1);
  const [dispatcher] = stack.dispatchers;
  expect(dispatcher?.routes.row("launch", gateway.id)).toBeUndefined();
  expect(await metric(dispatcher ?? gateway, "ovation_dispatcher_gateways_dead_total")).toBe(0);
  await stays.close();
});

test("a stopped dispatcher finishes what it accepted: under load, no like is refused or lost", async () => {
  const dispatcher = await spawnRole("dispatcher", stack.nats.url);
  stopped = dispatcher;
  const viewer = await watch("msgpack", stack.gatewayAt(0).port, "launch");
  await stack.mirrored("launch", 1);
  await eventually(async () => (await metric(dispatcher, "ovation_dispatcher_table_rows")) === 1);
  const publisher = await TestSocket.connect(stack.gatewayAt(1).port);
  const load = new Load(publisher, "launch", 500);
  // Not requests: on a busy machine few of them carry many likes.
  await eventually(async () => (await metric(dispatcher, "ovation_dispatcher_events_total")) > 100);
  expect(await dispatcher.stop()).toBe(0);
  const before = load.result.accepted.size;
  await eventually(() => load.result.accepted.size > before + 200);
  const { accepted, refused } = await load.stop();
  expect([...refused]).toEqual([]);
  await viewer.until(() => viewer.total("launch", "like") >= accepted.size);
  const received = viewer.of("launch", "like").map(({ id }) => id);
  expect(new Set(received)).toEqual(accepted);
  // None came twice.
  expect(received.length).toBe(accepted.size);
  expect(viewer.total("launch", "like")).toBe(accepted.size);
  await publisher.close();
});

test("a stopped dispatcher stores and answers every comment that it accepted", async () => {
  const [dispatcher] = stack.dispatchers;
  const publisher = await connectTo(stack.nats.url, "publisher");
  const ids = Array.from({ length: 2_000 }, (_, n) => `c${n}`);
  let answered = 0;
  const requests = ids.map(async (id) => {
    // Large enough to keep the store busy for a while.
    const comment = encodeMsgpack({ kind: "comment", id, data: "x".repeat(4_000) });
    const { data } = await publisher.request(publishSubject("launch"), comment, {
      timeout: 60_000,
    });
    answered += 1;
    return decodeTrustedMsgpack(data);
  });
  // NATS has them all, and delivers them to the only dispatcher.
  await publisher.flush();
  await eventually(() => answered > 0);
  const drained = dispatcher?.drain();
  expect(answered).toBeLessThan(ids.length / 2);
  await drained;
  await dispatcher?.stop();
  for (const [at, answer] of (await Promise.all(requests)).entries()) {
    expect(answer).toEqual({ accepted: [ids[at]], seqs: [expect.any(Number)] });
  }
  await publisher.close();
});

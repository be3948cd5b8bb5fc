/**
 * Random and mutated bytes, frames, messages, HTTP and NATS requests against a gateway and a dispatcher
 * as processes: neither ends or grows, and well-behaved viewers still see every event. The seed is
 * printed and OVATION_TEST_SEED repeats it; OVATION_TEST_FUZZ_ROUNDS makes it longer.
 */

import type { NatsConnection } from "nats";
import { afterEach, beforeEach, expect, test } from "vitest";
import { usageOf } from "../../bench/control/proc.ts";
import { OPCODE } from "../../kit/websocket/frames.ts";
import { expectContiguous } from "../support/chain.ts";
import { eventually } from "../support/eventually.ts";
import { nextAttack, sendAttack } from "../support/fuzz/attacks.ts";
import { seedKinds } from "../support/kinds.ts";
import { startTestNats, type TestNats } from "../support/nats.ts";
import { connectTo } from "../support/nats-users.ts";
import { type RoleProcess, spawnRole } from "../support/process.ts";
import { Chance } from "../support/random.ts";
import { metric } from "../support/stack.ts";
import {
  post,
  TEST_WIRES,
  type TestEventStream,
  type TestSocket,
  watch,
} from "../support/viewer.ts";
import { fragments, frame, WireSocket } from "../support/websocket-wire.ts";
import { request } from "../support/wire-conversation.ts";

const ROUNDS = Number(process.env["OVATION_TEST_FUZZ_ROUNDS"] ?? 3_000);
/** Concurrent attacks. */
const AT_ONCE = 10;
/** Rounds until buffers, code and heap have reached their normal size. */
const WARM_UP = Math.ceil(ROUNDS / 3);
/** How much a process may grow after the warm-up; a leak of 16 KiB a round is more. */
const GROWTH_BYTES = 32 * 2 ** 20;
const TIMEOUT_MS = 60_000 + 60 * ROUNDS;
const VIDEO = "watched";

let nats: TestNats;
let bus: NatsConnection;
let dispatcher: RoleProcess;
let gateway: RoleProcess;
let viewers: (TestSocket | TestEventStream)[];

beforeEach(async () => {
  nats = await startTestNats();
  await seedKinds(nats.url);
  bus = await connectTo(nats.url);
  dispatcher = await spawnRole("dispatcher", nats.url);
  gateway = await spawnRole("gateway", nats.url);
  viewers = await Promise.all(TEST_WIRES.map((wire) => watch(wire, gateway.port, VIDEO)));
});
afterEach(async () => {
  await Promise.all(viewers?.map((viewer) => viewer.close()) ?? []);
  await Promise.all([gateway?.kill9(), dispatcher?.kill9(), bus?.close()]);
  await nats?.stop();
});

const rss = () => [gateway, dispatcher].map(({ child }) => usageOf(child.pid ?? 0).rssBytes);

/** Publishes a comment and some likes, and returns how many likes. */
async function publishSome(n: number): Promise<number> {
  const likes = Array.from({ length: 1 + (n % 5) }, () => ({ kind: "like" }));
  const { status, body } = await post(gateway.port, VIDEO, [
    { kind: "comment", id: `c-${n}` },
    ...likes,
  ]);
  if (status !== 200) throw new Error(`a valid publish was refused: ${JSON.stringify(body)}`);
  return likes.length;
}

/** Every viewer has seen each of the comments once, in order, and the exact number of likes. */
async function expectAllSeen(comments: number, likes: number): Promise<void> {
  const due = Array.from({ length: comments }, (_, n) => `c-${n}`);
  for (const viewer of viewers) {
    await viewer.until(
      () => viewer.of(VIDEO, "comment").length >= comments && viewer.total(VIDEO, "like") >= likes,
    );
    expect(viewer.of(VIDEO, "comment").map(({ id }) => id)).toEqual(due);
    expectContiguous(viewer.of(VIDEO, "comment"));
    expect(viewer.total(VIDEO, "like")).toBe(likes);
  }
}

/** Both processes are alive, logged no fault, and hold no connection but the viewers'. */
async function expectUnharmed(): Promise<void> {
  for (const role of [gateway, dispatcher]) {
    expect([role.child.exitCode, role.child.signalCode]).toEqual([null, null]);
    // Roles rightly warn that a test's gateway is open to all, and of a nats-server as old as Debian's.
    const faults = role.output.filter(
      (line) => !/"level":"(trace|debug|info)"|OPEN:|can be ended by one of its logins/.test(line),
    );
    expect(faults).toEqual([]);
  }
  await eventually(async () => (await metric(gateway, "ovation_gateway_websockets")) === 2);
  await eventually(async () => (await metric(gateway, "ovation_gateway_event_streams")) === 1);
  const opened = await metric(gateway, "ovation_gateway_connections_opened_total");
  expect(await metric(gateway, "ovation_gateway_connections_closed_total")).toBe(opened - 3);
  expect(await metric(gateway, 'ovation_gateway_refused_total{code="internal"}')).toBe(0);
}

test("random and mutated input harms nothing and nobody", { timeout: TIMEOUT_MS }, async () => {
  const chance = new Chance("fuzz");
  const answered = { nats: 0 };
  let likes = 0;
  let batches = 0;
  let before = rss();
  for (let round = 0; round < ROUNDS; round += AT_ONCE) {
    const attacks = Array.from({ length: AT_ONCE }, () => nextAttack(chance));
    const carriedOut = attacks.map(async (attack) => {
      if (attack.way === "tcp") return await sendAttack(gateway.port, attack);
      // Every request gets exactly one answer.
      await bus.request(attack.subject, attack.payload, { timeout: 60_000 });
      answered.nats += 1;
    });
    likes += await publishSome(batches);
    batches += 1;
    await Promise.all(carriedOut);
    if (round < WARM_UP) before = rss();
  }
  const after = rss();
  const grown = after.map((bytes, index) => bytes - (before[index] ?? 0));
  const refused = await metric(gateway, "ovation_gateway_refused_total");
  process.stderr.write(
    `fuzz: ${ROUNDS} rounds, ${refused} refused, ${answered.nats} answered over NATS; grown by ` +
      `${grown.map((bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`).join(" and ")}\n`,
  );
  await expectAllSeen(batches, likes);
  await expectUnharmed();
  // Enough of it got past the first checks.
  expect(refused).toBeGreaterThan(ROUNDS / 10);
  for (const bytes of grown) expect(bytes).toBeLessThan(GROWTH_BYTES);
});

/** A byte over the listener's limit: four times the message limit, which is 16 KiB. */
const TOO_LARGE = 65_536 + 1;

test("messages that are too large, whole or in five fragments, leave no memory behind", {
  timeout: TIMEOUT_MS,
}, async () => {
  const message = request(1, TOO_LARGE);
  const whole = frame({ opcode: OPCODE.text, payload: message });
  const inFive = Buffer.concat(fragments(OPCODE.text, message, Math.ceil(TOO_LARGE / 5)));
  let before = rss();
  for (let round = 0; round < ROUNDS; round += AT_ONCE) {
    const sockets = await Promise.all(
      Array.from({ length: AT_ONCE }, () => WireSocket.open(gateway.port)),
    );
    for (const [index, socket] of sockets.entries()) socket.write(index % 2 === 0 ? whole : inFive);
    for (const socket of sockets) expect(await socket.next()).toBeUndefined();
    if (round < WARM_UP) before = rss();
  }
  const after = rss();
  process.stderr.write(
    `too large: grown by ${((after[0] ?? 0) - (before[0] ?? 0)) / 2 ** 20} MiB\n`,
  );
  await expectAllSeen(1, await publishSome(0));
  await expectUnharmed();
  expect((after[0] ?? 0) - (before[0] ?? 0)).toBeLessThan(GROWTH_BYTES);
});

/**
 * What an attacker or an accident can make grow, and how much memory it may take over the process's
 * baseline. docs/operations.md states the same ceilings.
 */
import { once } from "node:events";
import { connect as connectTcp, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Ovation, type OvationError } from "../../sdk/index.ts";
import { encode } from "../../shared/protocol/wire/codec.ts";
import { eventually } from "../support/eventually.ts";
import { handshake, text } from "../support/websocket-wire.ts";
import { Commenter, Viewer } from "./cluster/audience.ts";
import { FaultCluster } from "./cluster/fault-cluster.ts";
import { lanFault } from "./cluster/lan.ts";
import { MemoryWatch } from "./cluster/memory.ts";
import { Requester } from "./cluster/requester.ts";

/** In MiB, over the baseline. */
const CEILING = { stalledViewers: 192, stalledNats: 512, flood: 256, videos: 640 } as const;
const STALLED_VIEWERS = 1_000;
/** Longer than a gateway needs to notice the stall; from then on it refuses requests at once. */
const STALL_MS = 10_000;
/** Of all connections together fewer than may wait of one client: the test is at one address. */
const REQUESTS_AT_ONCE = 50;
const FLAGS = [
  ...["--client-messages-per-second", "100000"],
  ...["--requests-per-second", "100000", "--http-publishes-per-second", "1000000"],
  ...["--http-requests-per-second", "1000000", "--request-bytes-per-second", "1000000000"],
  ...["--connection-publishes-per-second", "100000", "--likes-per-second", "100000"],
];

let cluster: FaultCluster;
let memory: MemoryWatch;
const cleanUps: (() => void)[] = [];

function cleanUp(): void {
  for (const one of cleanUps.splice(0)) one();
}

function publish(video: string, body: unknown): Promise<number> {
  return fetch(`${cluster.urls[0]}/v1/videos/${video}/events`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  }).then(
    async (response) => {
      await response.arrayBuffer();
      return response.status;
    },
    () => 0,
  );
}

function expectBelow(ceiling: number): void {
  const growth = memory.growth();
  process.stderr.write(`peak over the baseline, MiB: ${JSON.stringify(growth)}\n`);
  for (const [name, grown] of Object.entries(growth)) expect(grown, name).toBeLessThan(ceiling);
}

/** Repeats an action, several at a time, until the time is over. */
async function repeatFor(ms: number, atOnce: number, act: (n: number) => Promise<unknown>) {
  const end = performance.now() + ms;
  let number = 0;
  const one = async () => {
    while (performance.now() < end) {
      number += 1;
      await act(number);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, one));
  return number;
}

/** Comments are still stored and shown. */
async function expectHealthy(): Promise<void> {
  const viewer = new Viewer(cluster.urls, "well");
  const commenter = new Commenter(cluster.urls, "well", "ann");
  await viewer.connected();
  commenter.start();
  await commenter.goesOn(3);
  await commenter.stop();
  await viewer.until(() => viewer.comments.length >= 3);
  viewer.close();
  await cluster.ready();
}

describe.skipIf(lanFault() !== undefined)("memory", () => {
  beforeAll(async () => {
    cluster = await FaultCluster.start({
      nats: 1,
      gateways: 1,
      dispatchers: 1,
      gatewayFlags: FLAGS,
    });
    await expectHealthy();
    // Memory that an ordinary load takes does not count as growth.
    await repeatFor(2_000, 8, () => publish("warm", { kind: "like" }));
  });
  afterAll(async () => await cluster?.end());
  beforeEach(() => {
    memory = new MemoryWatch([...cluster.all("gateway"), ...cluster.all("dispatcher")]);
  });
  afterEach(async () => {
    cleanUp();
    await expectHealthy();
  });

  test("a thousand stalled viewers cost their buffers, and delay nobody else", async () => {
    const { host } = cluster.node("gateway-1");
    const stalled: Socket[] = [];
    for (let number = 0; number < STALLED_VIEWERS; number += 1) {
      const socket = connectTcp({ host: host.address, port: 8080 });
      socket.on("error", () => undefined);
      await once(socket, "connect");
      if (number % 2 === 0) {
        socket.write(`GET /v1/videos/stalled/events HTTP/1.1\r\nHost: ${host.address}\r\n\r\n`);
      } else {
        socket.write(handshake({ Host: host.address }));
        socket.write(text('{"op":"connect","id":1}'));
        socket.write(text('{"op":"subscribe","id":2,"video":"stalled"}'));
      }
      stalled.push(socket);
    }
    const gateway = cluster.node("gateway-1");
    const reader = new Viewer(cluster.urls, "stalled");
    await reader.connected();
    for (const transport of ["event_streams", "websockets"]) {
      const name = `ovation_gateway_${transport}`;
      await eventually(async () => (await gateway.metric(name)) >= STALLED_VIEWERS / 2);
    }
    const dropped = () => gateway.metric("ovation_gateway_events_dropped_total");
    const batch = Array.from({ length: 100 }, () => ({ kind: "like", data: "x".repeat(600) }));
    let likes = 0;
    let stalls = 0;
    // Until all of them miss a whole batch, several times over.
    while (stalls < 5) {
      const before = await dropped();
      expect(await publish("stalled", batch)).toBe(200);
      likes += batch.length;
      await reader.until(() => reader.likes >= likes);
      // Those that read nothing for ten seconds are closed meanwhile.
      const sockets = (await gateway.metric("ovation_gateway_websockets")) - 1;
      const open = sockets + (await gateway.metric("ovation_gateway_event_streams"));
      if ((await dropped()) - before >= batch.length * open) stalls += 1;
    }
    expect(reader.likes).toBe(likes);
    expectBelow(CEILING.stalledViewers);
    reader.close();
    for (const socket of stalled) socket.destroy();
  });

  test("a NATS that stalls under publishes over HTTP, WebSocket, the SDK and NATS", async () => {
    const padding = "x".repeat(4_000);
    const url = cluster.urls[0] ?? "";
    const nats = await cluster.admin();
    const requesters = await Promise.all(Array.from({ length: 64 }, () => Requester.open(url)));
    const hasty = new Ovation({ url, waitMs: 2_000 });
    const patient = new Ovation({ url, waitMs: 120_000 });
    const kindOf = (n: number) => (n % 2 === 0 ? "like" : "comment");
    await Promise.all([hasty, patient].map((ovation) => ovation.video("stall").publish("like")));
    for (const { answers } of requesters) answers.clear();
    const outcomes = { http: new Set<number>(), sdk: new Set<string>(), nats: new Set<string>() };

    cluster.pause("nats-1");
    cleanUps.push(() => cluster.resume("nats-1"));
    const awaited = patient.video("stall").publish("comment", { text: "in the end" });
    await Promise.all([
      repeatFor(STALL_MS, 1_000, async (n) => {
        const event = { kind: kindOf(n), data: { padding, text: "x" } };
        outcomes.http.add(await publish(`stall-${n % 5_000}`, event));
      }),
      ...requesters.map((requester) =>
        repeatFor(STALL_MS, 1, async (n) => {
          for (let count = 0; count < REQUESTS_AT_ONCE; count += 1) {
            const event = { kind: kindOf(count), data: { padding, text: "x" } };
            requester.ask({ op: "publish", video: `stall-${n % 5_000}`, ...event });
          }
          await requester.answered();
        }),
      ),
      repeatFor(STALL_MS, 200, async (n) => {
        await hasty
          .video("stall")
          .publish(kindOf(n), { padding, text: "x" })
          .then(
            () => outcomes.sdk.add("taken"),
            ({ code }: OvationError) => outcomes.sdk.add(code),
          );
      }),
      repeatFor(STALL_MS, 200, async (n) => {
        const event = encode("msgpack", { kind: kindOf(n), data: { padding, text: "x" } });
        await nats.request(`ov.publish.stall-${n}`, event, { timeout: 2_000 }).then(
          () => outcomes.nats.add("taken"),
          ({ name }: Error) => outcomes.nats.add(name),
        );
      }),
    ]);
    const overSockets = new Set(requesters.flatMap(({ answers }) => [...answers.keys()]));
    // Each got an error that says what to do, and nothing was accepted.
    const tryLater = [
      ...["timeout", "unavailable", "overloaded", "not_connected", "in_flight_exceeded"],
      // A comment behind one of those, over the same connection.
      "predecessor_failed",
    ];
    expect([503, 504]).toEqual(expect.arrayContaining([...outcomes.http]));
    expect(tryLater).toEqual(expect.arrayContaining([...overSockets]));
    expect(tryLater).toEqual(expect.arrayContaining([...outcomes.sdk]));
    expect([...outcomes.nats]).toEqual(["TimeoutError"]);
    expect(requesters.filter(({ answers }) => answers.size === 0)).toEqual([]);
    expect(outcomes.http.size * outcomes.sdk.size).toBeGreaterThan(0);
    expectBelow(CEILING.stalledNats);
    // They know it, although what they have sent is still on the way.
    for (const node of [...cluster.all("gateway"), ...cluster.all("dispatcher")]) {
      await eventually(async () => (await node.metric("ovation_bus_connected")) === 0);
    }

    cleanUp();
    expect((await awaited).seq).toBeGreaterThan(0);
    for (const ovation of [hasty, patient]) ovation.close();
    for (const requester of requesters) requester.close();
    await nats.close();
  });

  test("a flood of publishes over HTTP, WebSocket and NATS", async () => {
    const viewer = new Viewer(cluster.urls, "flood");
    await viewer.connected();
    const nats = await cluster.admin();
    // Almost the largest body that a viewer may send.
    const big = Array.from({ length: 115 }, () => ({ kind: "like", data: "x".repeat(500) }));
    const like = encode("msgpack", { kind: "like", data: "x".repeat(200) });
    const commenters = ["ann", "bob"].map((name) => new Commenter(cluster.urls, "flood", name));
    for (const commenter of commenters) commenter.start();
    const statuses = new Set<number>();
    await Promise.all([
      repeatFor(8_000, 16, async () => statuses.add(await publish("flood", big))),
      repeatFor(8_000, 1, async () => {
        for (let count = 0; count < 5_000; count += 1) nats.publish("ov.publish.flood", like);
        await nats.flush();
      }),
    ]);
    for (const commenter of commenters) await commenter.stop();
    await nats.close();
    expect(statuses).toContain(200);
    expect(viewer.likes).toBeGreaterThan(0);
    const stored = commenters.reduce((sum, commenter) => sum + commenter.stored.size, 0);
    await viewer.until(() => viewer.comments.length >= stored);
    expectBelow(CEILING.flood);
    viewer.close();
  });

  test("a million made-up videos, in likes and in comments", async () => {
    const nats = await cluster.admin();
    const like = encode("msgpack", { kind: "like" });
    const comment = encode("msgpack", { kind: "comment", data: { text: "made up" } });
    const dispatcher = cluster.node("dispatcher-1");
    const handled = () => dispatcher.metric("ovation_dispatcher_requests_total");
    const before = await handled();
    for (let number = 0; number < 1_000_000; number += 1) {
      nats.publish(`ov.publish.made-up-${number}`, number % 50 === 0 ? comment : like);
      if (number % 2_000 === 0) await nats.flush();
      // This tests what is kept of them, not what NATS drops for a slow consumer.
      if (number % 50_000 === 0) await eventually(async () => (await handled()) >= before + number);
    }
    await nats.flush();
    await nats.close();
    await repeatFor(4_000, 64, (n) => publish(`named-${n}`, { kind: "like" }));
    await eventually(async () => (await handled()) >= before + 1_000_000);
    expectBelow(CEILING.videos);
    const known = await dispatcher.metric("ovation_dispatcher_history_videos");
    expect(known).toBeLessThanOrEqual(10_000);
  });
});

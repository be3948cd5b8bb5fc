/**
 * What an attacker or an accident can make grow, and the memory that it may take over what a process
 * had before: docs/operations.md states the same ceilings.
 */
import { once } from "node:events";
import { connect as connectTcp, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import WebSocket from "ws";
import { encode } from "../../shared/wire/codec.ts";
import { eventually } from "../support/eventually.ts";
import { Lookout } from "../support/lookout.ts";
import { text } from "../support/websocket-wire.ts";
import { Commenter, Viewer } from "./world/audience.ts";
import { lanFault } from "./world/lan.ts";
import { MemoryWatch } from "./world/memory.ts";
import { World } from "./world/world.ts";

/** In MiB, over the baseline. */
const CEILING = { stalledViewers: 192, stalledNats: 160, flood: 256, videos: 384 } as const;
const STALLED_VIEWERS = 1_000;
const VIDEOS_LIMIT = 1_000;
const FLAGS = [
  ...["--videos-limit", String(VIDEOS_LIMIT), "--linger-ms", "60000"],
  ...["--new-videos-per-second", "100000"],
  ...["--requests-per-second", "100000", "--http-publishes-per-second", "1000000"],
  ...["--connection-publishes-per-second", "100000", "--likes-per-second", "100000"],
];

let world: World;
let memory: MemoryWatch;

function publish(video: string, body: unknown): Promise<number> {
  return fetch(`${world.urls[0]}/v1/videos/${video}/events`, {
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

/** Does something again and again, several at a time, until the time is over. */
async function keepAtIt(ms: number, atOnce: number, act: (n: number) => Promise<unknown>) {
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

/** A WebSocket that asks and asks. */
class Asker {
  readonly #socket = new WebSocket(`${world.urls[0]?.replace("http", "ws")}/v1/connect`, [
    "ovation.v1.json",
  ]);
  readonly #lookout = new Lookout();
  #asked = 0;
  #answered = 0;

  async connected(): Promise<this> {
    this.#socket.on("message", (message: Buffer) => {
      const { op } = JSON.parse(message.toString());
      if (op === "result" || op === "error") this.#answered += 1;
      this.#lookout.changed();
    });
    await once(this.#socket, "open");
    this.ask({ op: "connect" });
    await this.answered();
    return this;
  }

  ask(request: object): void {
    this.#asked += 1;
    this.#socket.send(JSON.stringify({ ...request, id: this.#asked }));
  }

  /** Resolves when all was answered. */
  async answered(): Promise<void> {
    await this.#lookout.until(() => this.#answered === this.#asked);
  }

  close(): void {
    this.#socket.close();
  }
}

/** Comments are stored and seen, as ever. */
async function expectWell(): Promise<void> {
  const viewer = new Viewer(world.urls, "well");
  const commenter = new Commenter(world.urls, "well", "ann");
  await viewer.connected();
  commenter.start();
  await commenter.goesOn(3);
  await commenter.stop();
  await viewer.until(() => viewer.comments.length >= 3);
  viewer.close();
  await world.ready();
}

describe.skipIf(lanFault() !== undefined)("memory", () => {
  beforeAll(async () => {
    world = await World.start({ nats: 1, gateways: 1, dispatchers: 1, gatewayFlags: FLAGS });
    await expectWell();
    // What an ordinary load takes is no growth.
    await keepAtIt(2_000, 8, () => publish("warm", { kind: "like" }));
  });
  afterAll(async () => await world?.end());
  beforeEach(() => {
    memory = new MemoryWatch([...world.all("gateway"), ...world.all("dispatcher")]);
  });
  afterEach(expectWell);

  test("a thousand viewers that stall cost their buffers, and hold nobody up", async () => {
    const { host } = world.node("gateway-1");
    const key = "dGhlIHNhbXBsZSBub25jZQ==";
    const stalled: Socket[] = [];
    for (let number = 0; number < STALLED_VIEWERS; number += 1) {
      const socket = connectTcp({ host: host.address, port: 8080 });
      socket.on("error", () => undefined);
      await once(socket, "connect");
      if (number % 2 === 0) {
        socket.write(`GET /v1/videos/stalled/events HTTP/1.1\r\nHost: x\r\n\r\n`);
      } else {
        socket.write(
          `GET /v1/connect HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
            `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n` +
            `Sec-WebSocket-Protocol: ovation.v1.json\r\n\r\n`,
        );
        socket.write(text('{"op":"connect","id":1}'));
        socket.write(text('{"op":"subscribe","id":2,"video":"stalled"}'));
      }
      stalled.push(socket);
    }
    const gateway = world.node("gateway-1");
    const reader = new Viewer(world.urls, "stalled");
    await reader.connected();
    await eventually(
      async () => (await gateway.metric("ovation_gateway_event_streams")) >= STALLED_VIEWERS / 2,
    );
    const dropped = () => gateway.metric("ovation_gateway_events_dropped_total");
    const batch = Array.from({ length: 100 }, () => ({ kind: "like", data: "x".repeat(600) }));
    let likes = 0;
    let stalls = 0;
    // Until a whole batch passes all of them by, several times over.
    while (stalls < 5) {
      const before = await dropped();
      expect(await publish("stalled", batch)).toBe(200);
      likes += batch.length;
      await reader.until(() => reader.likes >= likes);
      // Those that took nothing for ten seconds are closed meanwhile.
      const sockets = (await gateway.metric("ovation_gateway_websockets")) - 1;
      const open = sockets + (await gateway.metric("ovation_gateway_event_streams"));
      if ((await dropped()) - before >= batch.length * open) stalls += 1;
    }
    expect(reader.likes).toBe(likes);
    expectBelow(CEILING.stalledViewers);
    reader.close();
    for (const socket of stalled) socket.destroy();
  });

  test("a NATS that stalls under publishes", async () => {
    world.pause("nats-1");
    const statuses = new Set<number>();
    const padding = "x".repeat(2_000);
    await keepAtIt(8_000, 500, async (n) => {
      const kind = n % 2 === 0 ? "like" : "comment";
      statuses.add(await publish(`stall-${n % 5_000}`, { kind, data: { padding } }));
    });
    // Nothing is said to be taken.
    expect(statuses.has(200)).toBe(false);
    expectBelow(CEILING.stalledNats);
    world.resume("nats-1");
  });

  test("a flood of publishes over HTTP, WebSocket and NATS", async () => {
    const viewer = new Viewer(world.urls, "flood");
    await viewer.connected();
    const nats = await world.admin();
    const big = Array.from({ length: 1_000 }, () => ({ kind: "like", data: "x".repeat(500) }));
    const like = encode("msgpack", { kind: "like", data: "x".repeat(200) });
    const commenters = ["ann", "bob"].map((name) => new Commenter(world.urls, "flood", name));
    for (const commenter of commenters) commenter.start();
    await Promise.all([
      keepAtIt(8_000, 16, () => publish("flood", big)),
      keepAtIt(8_000, 1, async () => {
        for (let count = 0; count < 5_000; count += 1) nats.publish("ov.publish.flood", like);
        await nats.flush();
      }),
    ]);
    for (const commenter of commenters) await commenter.stop();
    await nats.close();
    expect(viewer.likes).toBeGreaterThan(0);
    const stored = commenters.reduce((sum, commenter) => sum + commenter.stored.size, 0);
    await viewer.until(() => viewer.comments.length >= stored);
    expectBelow(CEILING.flood);
    viewer.close();
  });

  test("a million videos that somebody makes up, in publishes and in comments", async () => {
    const nats = await world.admin();
    const like = encode("msgpack", { kind: "like" });
    const comment = encode("msgpack", { kind: "comment" });
    const dispatcher = world.node("dispatcher-1");
    const taken = () => dispatcher.metric("ovation_dispatcher_requests_total");
    const before = await taken();
    for (let number = 0; number < 1_000_000; number += 1) {
      nats.publish(`ov.publish.made-up-${number}`, number % 50 === 0 ? comment : like);
      if (number % 2_000 === 0) await nats.flush();
      // It is about what is kept of them, not about what NATS drops of a reader that is behind.
      if (number % 50_000 === 0) await eventually(async () => (await taken()) >= before + number);
    }
    await nats.flush();
    await nats.close();
    await keepAtIt(4_000, 64, (n) => publish(`named-${n}`, { kind: "like" }));
    await eventually(async () => (await taken()) >= before + 1_000_000);
    expectBelow(CEILING.videos);
    const known = await dispatcher.metric("ovation_dispatcher_history_videos");
    expect(known).toBeLessThanOrEqual(10_000);
  });

  test("videos that are watched and left again, one after the other", async () => {
    const gateway = world.node("gateway-1");
    const socket = await new Asker().connected();
    for (let number = 0; number < 20_000; number += 1) {
      const video = `left-${number}`;
      socket.ask({ op: "subscribe", video });
      socket.ask({ op: "unsubscribe", video });
      if (number % 100 === 99) await socket.answered();
      if (number % 1_000 === 999) {
        expect(await gateway.metric("ovation_gateway_videos")).toBeLessThanOrEqual(VIDEOS_LIMIT);
      }
    }
    await socket.answered();
    socket.close();
    expect(await gateway.metric("ovation_gateway_videos_forgotten_total")).toBeGreaterThan(0);
    expectBelow(CEILING.videos);
    await world.healthyTable();
  });
});

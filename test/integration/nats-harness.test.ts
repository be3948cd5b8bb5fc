import { rm } from "node:fs/promises";
import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "nats";
import { afterEach, describe, expect, test } from "vitest";
import { CURRENT_VERSION } from "../../kit/nats/versions.ts";
import { startTestNats, type TestNats } from "../support/nats.ts";
import { requestedNatsKind } from "../support/nats-kind.ts";
import { connectTo } from "../support/nats-users.ts";

const STREAM = "harness";
const SUBJECT = "harness.subject";

let server: TestNats | undefined;

async function start(options: Parameters<typeof startTestNats>[0] = {}): Promise<TestNats> {
  server = await startTestNats(options);
  return server;
}

afterEach(async () => {
  await server?.stop();
  server = undefined;
});

async function withConnection<T>(url: string, use: (nc: NatsConnection) => Promise<T>): Promise<T> {
  const nc = await connectTo(url, "admin", { reconnect: false, timeout: 2_000 });
  try {
    return await use(nc);
  } finally {
    await nc.close();
  }
}

/** Creates the stream if it doesn't exist, and stores one more message in it. */
function store(url: string, text: string): Promise<void> {
  return withConnection(url, async (nc) => {
    const manager = await jetstreamManager(nc);
    await manager.streams.add({ name: STREAM, subjects: [SUBJECT] });
    await manager.jetstream().publish(SUBJECT, text);
  });
}

/** The texts in the stream; undefined if there is no such stream. */
function stored(url: string): Promise<string[] | undefined> {
  return withConnection(url, async (nc) => {
    const manager = await jetstreamManager(nc);
    const names = await manager.streams.names().next();
    if (!names.includes(STREAM)) return undefined;
    const { state } = await manager.streams.info(STREAM);
    const texts: string[] = [];
    for (let seq = state.first_seq; seq <= state.last_seq; seq += 1) {
      const message = await manager.streams.getMessage(STREAM, { seq });
      if (message !== null) texts.push(message.string());
    }
    return texts;
  });
}

describe("a test's nats-server", () => {
  test("start - provides a JetStream that stores", async () => {
    const { url } = await start();
    await store(url, "one");
    expect(await stored(url)).toEqual(["one"]);
  });

  test("start - runs the requested version", async () => {
    const { url, version } = await start();
    const reported = await withConnection(url, async (nc) => nc.info?.version);
    expect(version).toBe(reported);
    const kind = requestedNatsKind();
    if (kind === "2.9") expect(version).toMatch(/^2\.9\./);
    if (kind === "current") expect(version).toBe(CURRENT_VERSION);
  });

  test("restart - keeps the URL and the store", async () => {
    const nats = await start();
    const { url } = nats;
    await store(url, "one");
    await nats.restart();
    expect(nats.url).toBe(url);
    expect(await stored(url)).toEqual(["one"]);
    await store(url, "two");
    expect(await stored(url)).toEqual(["one", "two"]);
  });

  test("restart - empties the store if told to wipe it", async () => {
    const nats = await start();
    await store(nats.url, "one");
    await nats.restart({ wipe: true });
    expect(await stored(nats.url)).toBeUndefined();
    await store(nats.url, "other");
    expect(await stored(nats.url)).toEqual(["other"]);
  });

  test("kill9 - ends it at once, and restart brings it back with its store", async () => {
    const nats = await start();
    await store(nats.url, "one");
    const nc = await connectTo(nats.url, "admin", { reconnect: false });
    const closed = nc.closed();
    await nats.kill9();
    await closed;
    await expect(stored(nats.url)).rejects.toThrow();
    await nats.restart();
    expect(await stored(nats.url)).toEqual(["one"]);
  });

  test("stop - is safe to call twice, and leaves the store if told to keep it", async () => {
    const nats = await start({ keepStore: true });
    await store(nats.url, "one");
    await nats.stop();
    await nats.stop();
    await expect(stored(nats.url)).rejects.toThrow();
    await nats.restart();
    expect(await stored(nats.url)).toEqual(["one"]);
    await nats.stop();
    await rm(nats.storeDir, { recursive: true });
  });

  test("start - two at a time do not disturb each other", async () => {
    const first = await start();
    const second = await startTestNats();
    try {
      await store(first.url, "one");
      expect(await stored(second.url)).toBeUndefined();
    } finally {
      await second.stop();
    }
    expect(await stored(first.url)).toEqual(["one"]);
  });
});

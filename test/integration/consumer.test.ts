/** A backend that follows the history over NATS as user `consumer`, beside dispatchers that write it. */
import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "nats";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type HistoryEvent, Ovation, type OvationError } from "../../server-sdk/index.ts";
import { recordMessageSchema } from "../../shared/protocol/history/record-schema.ts";
import { HISTORY_STREAM } from "../../shared/protocol/subjects.ts";
import { decodeTrustedMsgpack } from "../../shared/protocol/wire/codec.ts";
import { HistoryWriter } from "../support/history-writer.ts";
import { startTestNats, type TestNats } from "../support/nats.ts";
import { connectTo } from "../support/nats-users.ts";
import { Chance } from "../support/random.ts";

let nats: TestNats;
let consumer: NatsConnection;
let ovation: Ovation;
let writer: HistoryWriter;

beforeAll(async () => {
  nats = await startTestNats();
  consumer = await connectTo(nats.url, "consumer", { maxReconnectAttempts: -1 });
  ovation = new Ovation({ url: "http://127.0.0.1:1", nats: consumer });
});
afterAll(async () => {
  await consumer?.close();
  await nats?.stop();
});
afterEach(async () => {
  await writer.stop();
  const manager = await jetstreamManager(await connectTo(nats.url));
  await manager.streams.delete(HISTORY_STREAM);
});

/** Reads from a position until an event that ends it, that one included. */
async function readUntil(
  from: string,
  isLast: (event: HistoryEvent) => boolean,
  video?: string,
): Promise<HistoryEvent[]> {
  const events: HistoryEvent[] = [];
  for await (const event of ovation.events({ from, video })) {
    events.push(event);
    if (isLast(event)) break;
  }
  return events;
}

const isStored = (id: string) => (event: HistoryEvent) =>
  event.type === "stored" && event.id === id;
const briefly = (event: HistoryEvent) =>
  event.type === "erased" ? event.type : `${event.type} ${event.id}`;

test("tells what is stored and deleted, in order, and goes on after any of it", async () => {
  writer = await HistoryWriter.start(nats.url);
  await writer.store("a", ["a1", "a2", "a3"], { text: "hello" });
  await writer.comment("b", "b1");
  await writer.comment("a", "a4");
  await writer.history.retract("a", "a2");
  await writer.comment("b", "last");
  const events = await readUntil("start", isStored("last"));
  const of = (video: string) => events.filter((event) => event.video === video);
  // What was deleted before it was read is not told, and what was moved for that is in its place.
  expect(of("a").map(briefly)).toEqual(["stored a1", "stored a3", "stored a4", "deleted a2"]);
  expect(of("b").map(briefly)).toEqual(["stored b1", "stored last"]);
  expect(of("a")[0]).toMatchObject({ kind: "comment", data: { text: "hello" }, prev: 0 });
  for (const [index, { position }] of events.entries()) {
    const rest = index === events.length - 1 ? [] : await readUntil(position, isStored("last"));
    expect(rest.map(briefly)).toEqual(events.slice(index + 1).map(briefly));
  }
  expect((await readUntil("start", isStored("last"), "b")).map(briefly)).toEqual(
    of("b").map(briefly),
  );
});

test("every stored message is as docs/records.schema.json says", async () => {
  writer = await HistoryWriter.start(nats.url);
  await writer.store("a", ["a1", "a2"], { text: "hello" });
  await writer.store("a", ["a3", "a4"]);
  await writer.history.retract("a", "a1");
  await writer.history.retract("a", "a4");
  await writer.comment("b", "b1");
  await writer.history.eraseVideo("b");
  const messages = [...(await writer.stream.read("a")), ...(await writer.stream.read("b"))];
  expect(messages.length).toBe(3);
  for (const { payload } of messages) {
    expect(recordMessageSchema.parse(decoded(payload))).toEqual(decoded(payload));
  }
});

/** A message with its msgpack decoded, and that of the events in it. */
function decoded(payload: Uint8Array): unknown {
  const inner = (value: unknown): unknown => {
    if (value instanceof Uint8Array) return decodeTrustedMsgpack(value);
    return Array.isArray(value) ? value.map(inner) : value;
  };
  return inner(decodeTrustedMsgpack(payload));
}

test("whatever is deleted, and wherever it stops: each event is told, and in order", async () => {
  writer = await HistoryWriter.start(nats.url);
  const chance = new Chance("what is stored, deleted and read");
  const below = (limit: number) => chance.between(0, limit - 1);
  const videos = ["x", "y", "z"];
  const kept = new Map<string, string[]>(videos.map((video) => [video, []]));
  const deleted = new Map<string, string[]>(videos.map((video) => [video, []]));
  const told: HistoryEvent[] = [];
  let position = "start";
  for (let round = 0; round < 25; round += 1) {
    for (let step = below(8); step > 0; step -= 1) {
      const video = videos[below(3)] ?? "x";
      const ids = kept.get(video) ?? [];
      const act = below(100);
      if (act < 50) {
        const stored = Array.from({ length: 1 + below(4) }, (_, at) => `${round}-${step}-${at}`);
        await writer.store(video, stored);
        ids.push(...stored);
      } else if (act < 97 && ids.length > 0) {
        const [id = ""] = ids.splice(below(ids.length), 1);
        await writer.history.retract(video, id);
        deleted.get(video)?.push(id);
      } else if (act >= 97) {
        await writer.history.eraseVideo(video);
        ids.length = 0;
        deleted.set(video, []);
      }
    }
    const end = `end-${round}`;
    await writer.comment("w", end);
    let left = below(12);
    const more = await readUntil(position, (event) => isStored(end)(event) || left-- === 0);
    told.push(...more);
    position = more.at(-1)?.position ?? position;
  }
  await writer.comment("w", "end");
  told.push(...(await readUntil(position, isStored("end"))));
  for (const video of videos) {
    const firsts = new Map<string, number>();
    for (const event of told) {
      if (event.video !== video) continue;
      const name = event.type === "erased" ? `erased ${event.seq}` : briefly(event);
      if (!firsts.has(name)) firsts.set(name, event.seq);
    }
    const seqs = [...firsts.values()];
    expect(seqs).toEqual(seqs.toSorted((one, other) => one - other));
    const expected = [
      ...(kept.get(video) ?? []).map((id) => `stored ${id}`),
      ...(deleted.get(video) ?? []).map((id) => `deleted ${id}`),
    ];
    expect(expected.filter((one) => !firsts.has(one))).toEqual([]);
  }
});

test("names a position after which something is gone, and where to go on", async () => {
  writer = await HistoryWriter.start(nats.url, { historyEvents: 3 });
  await writer.comment("a", "a1");
  const [first] = await readUntil("start", isStored("a1"));
  for (const id of ["a2", "a3", "a4", "a5", "a6"]) await writer.comment("a", id);
  const error = (await readUntil(first?.position ?? "", isStored("a6")).catch(
    (reason: unknown) => reason,
  )) as OvationError;
  expect(error).toMatchObject({
    code: "position_gone",
    message: expect.stringContaining("video a"),
  });
  const rest = await readUntil(error.position ?? "", isStored("a6"));
  expect(rest.map(briefly)).toEqual(["stored a4", "stored a5", "stored a6"]);

  const manager = await jetstreamManager(await connectTo(nats.url));
  await manager.streams.delete(HISTORY_STREAM);
  await writer.stream.ensure();
  await writer.comment("a", "new");
  const other = (await readUntil(rest[2]?.position ?? "", isStored("new")).catch(
    (reason: unknown) => reason,
  )) as OvationError;
  expect(other).toMatchObject({ code: "position_gone", message: "the history was created again" });
  const again = await readUntil(other.position ?? "", isStored("new"));
  expect(again.map(briefly)).toEqual(["stored new"]);
});

test("waits for what is stored next, over an outage too, until it is told to end", async () => {
  writer = await HistoryWriter.start(nats.url);
  await writer.comment("a", "before");
  const end = new AbortController();
  const heard: string[] = [];
  let count = 0;
  const reading = (async () => {
    for await (const event of ovation.events({ from: "now", signal: end.signal })) {
      heard.push(briefly(event));
    }
  })();
  await expect
    .poll(
      async () => {
        await writer.comment("a", `n${count++}`);
        return heard.length;
      },
      { timeout: 30_000 },
    )
    .toBeGreaterThan(0);
  await nats.restart();
  await expect
    .poll(() => writer.comment("a", "after").catch(() => 0), { timeout: 30_000 })
    .toBeGreaterThan(0);
  await expect.poll(() => heard.at(-1), { timeout: 30_000 }).toBe("stored after");
  expect(heard).not.toContain("stored before");
  end.abort();
  await reading;
});

test("says by name what it can't begin with", async () => {
  writer = await HistoryWriter.start(nats.url);
  const begin = async (options: Parameters<Ovation["events"]>[0], of = ovation) =>
    await of.events(options).next();
  await expect(begin({ from: "yesterday" })).rejects.toThrow(/^from: /);
  await expect(begin({ from: "start", video: "a b" })).rejects.toThrow(/^video: /);
  const without = new Ovation({ url: "http://127.0.0.1:1" });
  await expect(begin({ from: "start" }, without)).rejects.toThrow(/^nats: /);
  const publisher = await connectTo(nats.url, "publisher");
  const refused = new Ovation({ url: "http://127.0.0.1:1", nats: publisher, waitMs: 200 });
  await expect(begin({ from: "start" }, refused)).rejects.toMatchObject({ code: "unreachable" });
  await publisher.close();
  const closed = new Ovation({ url: "http://127.0.0.1:1", nats: publisher });
  await expect(begin({ from: "start" }, closed)).rejects.toThrow(/closed/);
});

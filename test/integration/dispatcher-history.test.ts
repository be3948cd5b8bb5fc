/** What durable events guarantee, however many dispatchers store them at once. */
import { describe, expect, test } from "vitest";
import { ENTRY_OVERHEAD_BYTES, RECORD_EVENTS_LIMIT } from "../../dispatcher/history/batch.ts";
import type { DispatcherConfig } from "../../shared/config/settings.ts";
import { decodeFanoutMessage } from "../../shared/protocol/fanout-message.ts";
import { encodeUnplaced } from "../../shared/protocol/history/durable-event.ts";
import { eventually } from "../support/eventually.ts";
import { names } from "../support/guarantee-stack.ts";
import { type HistoryWriter, useHistoryWriters } from "../support/history-writer.ts";
import { Chance } from "../support/random.ts";

const WRITERS = 4;
const { nats, reader, start, read } = useHistoryWriters();

async function startAll(
  count = WRITERS,
  settings: Partial<DispatcherConfig> = {},
): Promise<HistoryWriter[]> {
  return await Promise.all(Array.from({ length: count }, () => start(settings)));
}

const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);

describe("dispatchers that store concurrently", () => {
  test("on one video build one chain, and answer each comment with its seq there", async () => {
    const all = await startAll();
    const answers = new Map<string, number>();
    await Promise.all(
      all.map(async (writer, at) => {
        // Each serves several publishers: some send one comment after the other, some many at once.
        const lone = names(`lone${at}`, 50).map(async (id) => {
          answers.set(id, await writer.comment("one", id));
        });
        const inTurn = async () => {
          for (const id of names(`turn${at}`, 20)) {
            answers.set(id, await writer.comment("one", id));
          }
        };
        const ids = names(`many${at}`, 50);
        const many = async () => {
          for (const [index, seq] of (await writer.store("one", ids)).entries()) {
            answers.set(ids[index] ?? "", seq);
          }
        };
        await Promise.all([...lone, inTurn(), many()]);
      }),
    );
    const chain = await read("one");
    expect(answers.size).toBe(WRITERS * 120);
    expect(chain.seqById).toEqual(answers);
    // Without conflicts they did not store at the same time, and this test showed nothing.
    expect(sum(all.map(({ history }) => history.stats.conflicts))).toBeGreaterThan(0);
  });

  test("on many videos build one chain each", async () => {
    const all = await startAll();
    const videos = names("many", 20);
    const stored = videos.flatMap((video) =>
      all.flatMap((writer, at) =>
        names(`w${at}`, 10).map(
          async (id) => [video, id, await writer.comment(video, id)] as const,
        ),
      ),
    );
    const answers = await Promise.all(stored);
    for (const video of videos) {
      const expected = answers
        .filter(([of]) => of === video)
        .map(([, id, seq]) => [id, seq] as const);
      const { seqById } = await read(video);
      expect(seqById).toEqual(new Map(expected));
    }
  });

  test("that get the same comments in different orders store each once and answer with the same seq", async () => {
    const all = await startAll();
    const chance = new Chance("the same comments at once");
    const ids = names("same", 200);
    const answers = await Promise.all(
      all.map(async (writer) => {
        const order = ids.map((id) => ({ id, key: chance.between(0, 1_000_000) }));
        order.sort((one, other) => one.key - other.key);
        const stored = order.map(async ({ id }) => [id, await writer.comment("same", id)] as const);
        return new Map(await Promise.all(stored));
      }),
    );
    const { seqById } = await read("same");
    expect(seqById.size).toBe(ids.length);
    for (const answer of answers) expect(answer).toEqual(seqById);
  });

  test("a dispatcher that knows nothing of a video answers a retry with the first seq", async () => {
    const first = await start();
    const ids = names("known", 30);
    const seqs: number[] = [];
    for (const id of ids) seqs.push(await first.comment("known", id));
    const second = await start();
    expect(await second.store("known", [...ids, "new"])).toEqual([...seqs, expect.any(Number)]);
    // The first dispatcher doesn't know the new comment yet.
    expect(await first.store("known", ["new", ...ids])).toEqual([expect.any(Number), ...seqs]);
    expect((await read("known")).seqById.size).toBe(31);
  });

  test("gateways receive exactly the bytes that are stored", async () => {
    const all = await startAll();
    await Promise.all(
      all.flatMap((writer, at) => names(`b${at}`, 20).map((id) => writer.comment("bytes", id))),
    );
    const { messages } = await read("bytes");
    const sent = all.flatMap((writer) => writer.sent.get("bytes") ?? []);
    const texts = (payloads: readonly Uint8Array[]) =>
      payloads.map((payload) => Buffer.from(payload).toString("hex")).sort();
    expect(texts(sent)).toEqual(texts(messages.map(({ payload }) => payload)));
  });
});

describe("a nats-server that is killed while comments are stored", () => {
  const PUBLISHERS = names("p", 30);
  const EACH = 10;
  const ROUNDS = 3;

  test("each comment is stored once, with the seq of its answer, after retries with the same id", async () => {
    const all = await startAll(2);
    const answers = new Map<string, number>();
    const refused: string[] = [];
    const tryPublish = async (writer: HistoryWriter | undefined, id: string): Promise<boolean> => {
      const seq = await writer?.comment("killed", id).catch((error: unknown) => {
        expect(error).toMatchObject({ code: "history_unavailable" });
        return undefined;
      });
      if (seq === undefined) return false;
      expect(answers.get(id) ?? seq).toBe(seq);
      answers.set(id, seq);
      return true;
    };
    for (let round = 1; round <= ROUNDS; round += 1) {
      const { promise: hasStarted, resolve: started } = Promise.withResolvers<void>();
      const publishers = PUBLISHERS.map(async (name, at) => {
        for (const id of names(`${round}-${name}`, EACH)) {
          if (!(await tryPublish(all[at % 2], id))) refused.push(id);
          if (answers.size >= (round - 1) * PUBLISHERS.length * EACH + 60) started();
        }
      });
      await hasStarted;
      await nats().kill9();
      await Promise.all(publishers);
      await nats().restart();
      // Answered comments too, some through the other dispatcher.
      const retries = PUBLISHERS.flatMap((name) => names(`${round}-${name}`, EACH)).map((id, at) =>
        eventually(() => tryPublish(all[at % 3 === 0 ? 0 : 1], id)),
      );
      await Promise.all(retries);
    }
    // Otherwise the kill came too early or too late, and this test showed nothing.
    expect(refused.length).toBeGreaterThan(ROUNDS * PUBLISHERS.length);
    await eventually(() => reader().bus.state === "connected");
    const { seqById } = await read("killed");
    expect(seqById).toEqual(answers);
    expect(seqById.size).toBe(ROUNDS * PUBLISHERS.length * EACH);
  });
});

describe("comments that arrive together", () => {
  test("are stored together: a thousand in a few messages", async () => {
    const writer = await start();
    await Promise.all(names("hot", 1_000).map((id) => writer.comment("hot", id)));
    const { sizes, seqById } = await read("hot");
    expect(seqById.size).toBe(1_000);
    expect(sizes.length).toBeLessThanOrEqual(6);
    for (const size of sizes) expect(size).toBeLessThanOrEqual(RECORD_EVENTS_LIMIT);
  });

  test("with a duplicate id store it once, and both get its seq", async () => {
    const writer = await start();
    const [a, b, again, c] = await writer.store("twice", ["a", "b", "a", "c"]);
    expect(again).toBe(a);
    expect((await read("twice")).seqById).toEqual(new Map(Object.entries({ a, b, c })));
  });

  test("are not delayed by a large one, which is stored alone", async () => {
    const writer = await start();
    const large = "x".repeat(200_000);
    const seqs = await Promise.all([
      ...names("before", 10).map((id) => writer.comment("large", id)),
      writer.comment("large", "large", large),
      ...names("after", 10).map((id) => writer.comment("large", id)),
    ]);
    expect(seqs).toEqual([...seqs].sort((one, other) => one - other));
    const { sizes, events } = await read("large");
    expect(sizes).toEqual([10, 1, 10]);
    expect(events[10]).toMatchObject({ id: "large", data: large });
  });

  test("of the largest allowed size are stored", async () => {
    const writer = await start();
    const named = { id: "i".repeat(64), kind: "k".repeat(32), at: Date.now() };
    const limit = writer.bus.maxPayloadBytes - 2 * ENTRY_OVERHEAD_BYTES;
    const sized = (bytes: number) => {
      const empty = encodeUnplaced({ ...named, data: "x".repeat(70_000) }).length - 70_000;
      return encodeUnplaced({ ...named, data: "x".repeat(bytes - empty) });
    };
    expect(sized(limit)).toHaveLength(limit);
    const tooLarge = writer.history.store("largest", [{ ...named, bytes: sized(limit + 1) }]);
    await expect(tooLarge).rejects.toMatchObject({ code: "data_too_large" });
    const [traceId, spanId] = ["a".repeat(32), "b".repeat(16)];
    const trace = { traceId, spanId, isSampled: true, state: "" };
    const events = [{ ...named, bytes: sized(limit) }];
    const [seq] = await writer.history.store("largest", events, {
      at: performance.now(),
      publishedAt: Date.now(),
      trace,
    });
    const [sent] = writer.sent.get("largest") ?? [];
    expect(sent?.length).toBeGreaterThan(limit);
    expect(sent?.length).toBeLessThanOrEqual(writer.bus.maxPayloadBytes);
    expect(decodeFanoutMessage(sent ?? Buffer.of())).toMatchObject({ form: "record", trace });
    const { seqById } = await read("largest");
    expect(seqById).toEqual(new Map([[named.id, seq]]));
  });
});

describe("the limits", () => {
  test("comments beyond the queue limit are refused at once, and the others are stored", async () => {
    const writer = await start({ storeQueueLimit: 10 });
    const waiting = names("waiting", 10).map((id) => writer.comment("busy", id));
    const order: string[] = [];
    const refused = writer.comment("busy", "more").catch((error: { code: string }) => {
      order.push(error.code);
    });
    const first = Promise.race(waiting).then(() => order.push("stored"));
    await Promise.all([refused, first, ...waiting]);
    expect(order).toEqual(["history_busy", "stored"]);
    await writer.comment("busy", "later");
    const { seqById } = await read("busy");
    expect([...seqById.keys()]).toEqual([...names("waiting", 10), "later"]);
  });

  test.each([1, 2])(
    "with %i dispatchers, at least the configured number of a video's events is kept, and not many more",
    async (count) => {
      const video = `kept-by-${count}`;
      const keep = 100;
      const perRecord = 10;
      const own = await startAll(count, { historyEvents: keep });
      const ids = names("kept", 40 * perRecord);
      for (let from = 0; from < ids.length; from += perRecord) {
        const writer = own[(from / perRecord) % count];
        await writer?.store(video, ids.slice(from, from + perRecord));
        const { seqById } = await read(video);
        expect(seqById.size).toBeGreaterThanOrEqual(Math.min(keep, from + perRecord));
      }
      const atMost = keep * 1.25 + perRecord;
      await eventually(async () => (await read(video)).seqById.size <= atMost);
      const { seqById } = await read(video);
      expect([...seqById.keys()]).toEqual(ids.slice(-seqById.size));
      expect(sum(own.map(({ history }) => history.stats.trims))).toBeGreaterThan(0);
    },
  );
});

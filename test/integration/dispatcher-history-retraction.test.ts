/** What a moderator can rely on: a deleted comment is gone, and everything else stays. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { encodeUnplaced, writePlace } from "../../shared/protocol/history/durable-event.ts";
import { decodeRecord, encodeRecord } from "../../shared/protocol/history/record.ts";
import { RETRACTED_KIND } from "../../shared/protocol/kinds.ts";
import { names } from "../support/guarantee-stack.ts";
import { type HistoryWriter, useHistoryWriters } from "../support/history-writer.ts";

const { nats, reader, start, read } = useHistoryWriters();

const contentOf = (video: string, id: string) => `<content of ${id} on ${video}>`;

/** Stores comments in one record, each with content of its own. */
async function commentsOf(
  writer: HistoryWriter,
  video: string,
  ids: readonly string[],
): Promise<Map<string, number>> {
  const events = ids.map((id) => {
    const [kind, data] = ["comment", contentOf(video, id)];
    return { id, kind, bytes: encodeUnplaced({ id, kind, at: Date.now(), data }) };
  });
  const seqs = await writer.history.store(video, events);
  return new Map(ids.map((id, index) => [id, seqs[index] ?? 0]));
}

/** The ids of these comments whose content is still in some message of the video. */
async function contentsLeft(video: string, ids: readonly string[]): Promise<string[]> {
  const messages = (await reader().stream.read(video)).map(({ payload }) => Buffer.from(payload));
  return ids.filter((id) => messages.some((bytes) => bytes.includes(contentOf(video, id))));
}

/** How often a text occurs in the files that hold the store's messages. */
async function onDisk(text: string): Promise<number> {
  const entries = await readdir(nats().storeDir, { recursive: true, withFileTypes: true });
  let count = 0;
  for (const entry of entries.filter(({ name }) => name.endsWith(".blk"))) {
    const bytes = await readFile(join(entry.parentPath, entry.name));
    for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + 1)) count += 1;
  }
  return count;
}

describe("a deleted comment", () => {
  test("is erased, on disk too; what was stored with it keeps its seq", async () => {
    const writer = await start();
    const seqById = await commentsOf(writer, "erased", ["a", "b", "c"]);
    expect(await onDisk(contentOf("erased", "b"))).toBe(1);
    const seq = await writer.history.retract("erased", "b");
    expect(seq).toBeGreaterThan(seqById.get("c") ?? 0);
    expect(await contentsLeft("erased", ["a", "b", "c"])).toEqual(["a", "c"]);
    expect(await onDisk(contentOf("erased", "b"))).toBe(0);
    const { events, messages } = await read("erased");
    expect(messages).toHaveLength(1);
    expect(events.map((event) => [event.id, event.seq])).toEqual([
      ["a", seqById.get("a")],
      ["c", seqById.get("c")],
      [expect.any(String), seq],
    ]);
    expect(events[2]).toMatchObject({
      kind: RETRACTED_KIND,
      data: { id: "b", seq: seqById.get("b") },
    });
  });

  test("that was alone in its message leaves the chain intact, and so does the newest one", async () => {
    const writer = await start();
    for (const id of ["a", "b", "c"]) await commentsOf(writer, "alone", [id]);
    await writer.history.retract("alone", "b");
    await writer.history.retract("alone", "c");
    await commentsOf(writer, "alone", ["d"]);
    expect(await contentsLeft("alone", ["a", "b", "c", "d"])).toEqual(["a", "d"]);
    const { events } = await read("alone");
    expect(events.filter(({ kind }) => kind === "comment").map(({ id }) => id)).toEqual(["a", "d"]);
  });

  test("deleted again, through any dispatcher, answers with the first seq and stores nothing", async () => {
    const writer = await start();
    await commentsOf(writer, "second", ["a", "b"]);
    const seq = await writer.history.retract("second", "a");
    const { messages } = await read("second");
    expect(await writer.history.retract("second", "a")).toBe(seq);
    expect(await (await start()).history.retract("second", "a")).toBe(seq);
    expect((await read("second")).messages).toEqual(messages);
  });

  test("that several moderators delete at once is deleted once", async () => {
    const all = [await start(), await start(), await start()];
    await commentsOf(reader(), "at-once", ["a", "b"]);
    const seqs = await Promise.all(all.map(({ history }) => history.retract("at-once", "a")));
    expect(new Set(seqs).size).toBe(1);
    const { events } = await read("at-once");
    expect(events.map(({ kind }) => kind)).toEqual(["comment", RETRACTED_KIND]);
    expect(await contentsLeft("at-once", ["a", "b"])).toEqual(["b"]);
  });

  test("does not come back when its publish is retried, through any dispatcher", async () => {
    const writer = await start();
    const seqById = await commentsOf(writer, "repeat", ["a", "b", "c"]);
    await writer.history.retract("repeat", "a");
    // This erases the message that holds the first retraction.
    await writer.history.retract("repeat", "b");
    for (const one of [writer, await start()]) {
      expect(await commentsOf(one, "repeat", ["a", "b", "c"])).toEqual(seqById);
    }
    const comments = (await read("repeat")).events.filter(({ kind }) => kind === "comment");
    expect(comments.map(({ id }) => id)).toEqual(["c"]);
    expect(await contentsLeft("repeat", ["a", "b", "c"])).toEqual(["c"]);
  });

  test("that was never published is not found", async () => {
    const writer = await start();
    await commentsOf(writer, "unknown", ["a"]);
    const { messages } = await read("unknown");
    for (const video of ["unknown", "nothing-here"]) {
      await expect(writer.history.retract(video, "b")).rejects.toMatchObject({
        code: "event_not_found",
      });
    }
    expect((await read("unknown")).messages).toEqual(messages);
  });
});

describe("comments that were stored together", () => {
  test("can all be deleted, one after the other", async () => {
    const writer = await start();
    const ids = names("c", 8);
    const seqById = await commentsOf(writer, "each", ids);
    const seqs: number[] = [];
    for (const [at, id] of ids.entries()) {
      seqs.push(await writer.history.retract("each", id));
      const left = ids.slice(at + 1);
      expect(await contentsLeft("each", ids)).toEqual(left);
      const { events } = await read("each");
      const comments = events.filter(({ kind }) => kind === "comment");
      expect(comments.map((event) => [event.id, event.seq])).toEqual(
        left.map((id) => [id, seqById.get(id)]),
      );
      const retractions = events.filter(({ kind }) => kind === RETRACTED_KIND);
      expect(retractions.map(({ seq }) => seq)).toEqual(seqs);
    }
    const other = await start();
    for (const [at, id] of ids.entries()) {
      expect(await other.history.retract("each", id)).toBe(seqs[at]);
    }
  });

  test("stay intact while several dispatchers delete many and store many more", async () => {
    const all = [await start(), await start(), await start()];
    const first = names("first", 40);
    for (let from = 0; from < first.length; from += 10) {
      await commentsOf(reader(), "race", first.slice(from, from + 10));
    }
    const deletedIds = first.filter((_, at) => at % 3 === 0);
    const deleting = deletedIds.map((id, at) => all[at % all.length]?.history.retract("race", id));
    const more = all.map(async (writer, at) => {
      const own = names(`more${at}`, 40);
      for (const id of own) await commentsOf(writer, "race", [id]);
      return own;
    });
    const expected = [...first, ...(await Promise.all(more)).flat()].filter(
      (id) => !deletedIds.includes(id),
    );
    const seqs = await Promise.all(deleting);
    const { events } = await read("race");
    const of = (wanted: string) => events.filter(({ kind }) => kind === wanted);
    expect(
      of("comment")
        .map(({ id }) => id)
        .sort(),
    ).toEqual(expected.sort());
    expect(of(RETRACTED_KIND).map(({ seq }) => seq)).toEqual(seqs.sort());
    expect(await contentsLeft("race", [...first, ...expected])).toEqual(
      [...first, ...expected].filter((id) => !deletedIds.includes(id)),
    );
  });
});

describe("a dispatcher that dies before it has erased the deleted comment", () => {
  /** Stores the retraction as a dispatcher does, and stops there. */
  async function retractHalf(video: string, id: string): Promise<number> {
    const newest = await reader().stream.last(video);
    const record = newest === undefined ? undefined : decodeRecord(newest.payload);
    if (newest === undefined || record === undefined) throw new Error("nothing is stored");
    const target = record.events.find((event) => event.id === id);
    const [kind, seq] = [RETRACTED_KIND, record.last + 1];
    const data = { id, seq: target?.seq };
    const bytes = encodeUnplaced({ id: "half", kind, at: Date.now(), data });
    writePlace(bytes, seq, record.last);
    const { prev, last } = record;
    const events = [{ id: "half", kind, seq, bytes, retracts: target?.seq }];
    const rest = record.events.filter((event) => event !== target);
    const amended = [{ prev, last, events: rest, sequence: newest.sequence, after: record.after }];
    const payload = encodeRecord({
      prev: last,
      last: seq,
      events,
      after: newest.sequence,
      amended,
      counts: record.counts,
    });
    await reader().stream.append(video, payload, newest.sequence, 2_000);
    return seq;
  }

  test("a retry erases it, and answers with the seq of the first attempt", async () => {
    const writer = await start();
    const seqById = await commentsOf(writer, "half", ["a", "b", "c"]);
    const seq = await retractHalf("half", "b");
    expect(await contentsLeft("half", ["a", "b", "c"])).toEqual(["a", "b", "c"]);
    expect(await writer.history.retract("half", "b")).toBe(seq);
    expect(await contentsLeft("half", ["a", "b", "c"])).toEqual(["a", "c"]);
    const { events } = await read("half");
    expect(events.map((event) => [event.id, event.seq])).toEqual([
      ["a", seqById.get("a")],
      ["c", seqById.get("c")],
      ["half", seq],
    ]);
  });

  test("deleting another one stored with it erases both", async () => {
    const writer = await start();
    await commentsOf(writer, "halves", ["a", "b", "c"]);
    await retractHalf("halves", "b");
    await writer.history.retract("halves", "c");
    expect(await contentsLeft("halves", ["a", "b", "c"])).toEqual(["a"]);
    const comments = (await read("halves")).events.filter(({ kind }) => kind === "comment");
    expect(comments.map(({ id }) => id)).toEqual(["a"]);
  });
});

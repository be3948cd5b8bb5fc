import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeUnplaced } from "../../shared/protocol/history/durable-event.ts";
import { NO_COUNTS } from "../../shared/protocol/history/record.ts";
import { decodeTrustedMsgpack } from "../../shared/protocol/wire/codec.ts";
import { Deferred } from "../chain/pending-limit.ts";
import {
  type Batch,
  ENTRY_OVERHEAD_BYTES,
  planBatch,
  RECORD_EVENTS_LIMIT,
  type Slot,
  StoreRequest,
} from "./batch.ts";

const BYTES_LIMIT = 10_000;
const BASE = 5_000;
const LAST = 4_000;
const OWNER = "owner";

/** One slot for each id, all of one request, with data of `size` bytes. */
function slotsOf(ids: readonly string[], size: (index: number) => number = () => 1): Slot[] {
  const job = new Deferred<number[]>(ids.length, 0, () => undefined);
  const kind = "comment";
  const events = ids.map((id, index) => {
    const bytes = encodeUnplaced({ id, kind, at: 1, data: "x".repeat(size(index)) });
    return { id, kind, bytes, owner: OWNER };
  });
  const request = new StoreRequest(job, events);
  return events.map((event, index) => ({ request, index, event }));
}

function plan(slots: readonly Slot[], stored: ReadonlyMap<string, number> = new Map()): Batch {
  return planBatch(slots, {
    sequence: 7,
    last: LAST,
    counts: NO_COUNTS,
    base: BASE,
    known: (id) => {
      const seq = stored.get(id);
      return seq === undefined ? undefined : { seq, owner: OWNER };
    },
    bytesLimit: BYTES_LIMIT,
  });
}

const chainFieldsOf = (bytes: Uint8Array) =>
  decodeTrustedMsgpack(bytes) as { readonly seq: number; readonly prev: number };

describe("a batch", () => {
  test("links its events to each other, and the first to the chain", () => {
    const { record, seqs } = plan(slotsOf(["a", "b", "c"]));
    expect(seqs).toEqual([BASE, BASE + 1, BASE + 2]);
    expect(record).toMatchObject({ prev: LAST, last: BASE + 2, after: 7, amended: [] });
    expect(record?.events.map(({ bytes }) => chainFieldsOf(bytes))).toMatchObject([
      { seq: BASE, prev: LAST },
      { seq: BASE + 1, prev: BASE },
      { seq: BASE + 2, prev: BASE + 1 },
    ]);
  });

  test("of nothing but repeats has no record", () => {
    const { record, seqs, repeats } = plan(slotsOf(["a", "a"]), new Map([["a", 12]]));
    expect({ record, seqs, repeats }).toEqual({ record: undefined, seqs: [12, 12], repeats: 2 });
  });

  test("planned again after a lost race replaces the seqs in its bytes", () => {
    const slots = slotsOf(["a", "b"]);
    plan(slots);
    const { record } = plan(slots, new Map([["a", 12]]));
    expect(record?.events).toHaveLength(1);
    expect(record?.events.map(({ bytes }) => chainFieldsOf(bytes))).toMatchObject([
      { seq: BASE, prev: LAST },
    ]);
  });

  test("has as many events as the limit allows, not counting repeats", () => {
    const ids = Array.from({ length: RECORD_EVENTS_LIMIT + 50 }, (_, n) => `c${n}`);
    const slots = slotsOf(ids.flatMap((id) => [id, id]));
    const { record, slots: taken } = planBatch(slots, {
      sequence: 0,
      last: 0,
      counts: NO_COUNTS,
      base: 1,
      known: () => undefined,
      bytesLimit: 10_000_000,
    });
    expect(record?.events).toHaveLength(RECORD_EVENTS_LIMIT);
    expect(taken).toHaveLength(2 * RECORD_EVENTS_LIMIT);
  });

  test("of one event may exceed the byte limit", () => {
    const slots = slotsOf(["large", "b"], (index) => (index === 0 ? 2 * BYTES_LIMIT : 1));
    expect(plan(slots).slots).toHaveLength(1);
  });

  test("takes from the head of any queue, each id once, within the byte limit, and gives all a seq", () => {
    const entry = fc.tuple(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 12_000 }));
    const queue = fc.array(entry, { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(queue, fc.uniqueArray(fc.integer({ min: 0, max: 20 })), (entries, known) => {
        const stored = new Map(known.map((n) => [`c${n}`, 100 + n]));
        const ids = entries.map(([n]) => `c${n}`);
        const slots = slotsOf(ids, (index) => entries[index]?.[1] ?? 0);
        const { slots: taken, seqs, record, repeats } = plan(slots, stored);
        const events = record?.events ?? [];
        expect(taken).toEqual(slots.slice(0, taken.length));
        expect(taken.length).toBeGreaterThan(0);
        const seqById = new Map([...stored, ...events.map(({ id, seq }) => [id, seq] as const)]);
        expect(seqs).toEqual(taken.map(({ event }) => seqById.get(event.id)));
        expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
        expect(events.filter(({ id }) => stored.has(id))).toEqual([]);
        expect(repeats + events.length).toBe(taken.length);
        const bytes = events.reduce((sum, one) => sum + one.bytes.length + ENTRY_OVERHEAD_BYTES, 0);
        expect(events.length === 1 || bytes <= BYTES_LIMIT).toBe(true);
      }),
    );
  });
});

test("a request is answered when its last event has a seq, in the order of its events", async () => {
  const job = new Deferred<number[]>(3, 0, () => undefined);
  const request = new StoreRequest(job, []);
  request.assignSeq(2, 30);
  request.assignSeq(0, 10);
  expect(job.isSettled).toBe(false);
  request.assignSeq(1, 20);
  expect(await job.outcome).toEqual([10, 20, 30]);
});

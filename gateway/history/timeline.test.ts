/** However history and live records interleave, a timeline delivers one chain, each event once. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DurableEvent } from "../../shared/protocol/history/durable-event.ts";
import {
  type AmendedRecord,
  type ChainRecord,
  NO_COUNTS,
  type StoredRecord,
} from "../../shared/protocol/history/record.ts";
import { contiguousRecords } from "./contiguous-records.ts";
import { Timeline, type TimelineLimits } from "./timeline.ts";

const LIMITS: TimelineLimits = { events: 10_000, bytes: 1_000_000, ageMs: 1_000_000 };
const timelineOf = (limits: Partial<TimelineLimits> = {}, now = 0) =>
  new Timeline({ ...LIMITS, ...limits }, () => now);

function event(seq: number, retracts?: number): DurableEvent {
  const plain = { kind: "comment", id: `e${seq}`, seq, bytes: Buffer.alloc(10) };
  return retracts === undefined ? plain : { ...plain, kind: "retracted", retracts };
}

/** A record of `count` events after `prev`, its seqs `gap` above. */
function record(prev: number, count = 1, gap = 0): StoredRecord {
  const base = prev + 1 + gap;
  const events = Array.from({ length: count }, (_, index) => event(base + index));
  return { prev, last: base + count - 1, events, after: 0, amended: [], counts: NO_COUNTS };
}

/** A chain of single events with seqs from 1. */
function singles(count: number): StoredRecord[] {
  return Array.from({ length: count }, (_, prev) => record(prev));
}

const seqs = (events: readonly DurableEvent[]) => events.map(({ seq }) => seq);

/** What a dispatcher does to the store, one commit at a time. */
type Commit = {
  readonly count: number;
  readonly gap: number;
  readonly retracts: number | undefined;
};

/** The store after each commit, oldest first, and the record that each commit sent out. */
function storesOf(commits: readonly Commit[]): { store: StoredRecord[]; sent: StoredRecord }[] {
  let store: StoredRecord[] = [];
  let prev = 0;
  return commits.map(({ count, gap, retracts }) => {
    const visible = contiguousRecords(store).records.flatMap(({ events }) => events);
    const targets = visible.filter((one) => one.retracts === undefined);
    const target = retracts === undefined ? undefined : targets[retracts % (targets.length || 1)];
    let sent = record(prev, count, gap);
    if (target !== undefined) {
      const holder = store.find((message) =>
        [message, ...message.amended].some(({ events }) => events.includes(target)),
      );
      const without = (one: ChainRecord): AmendedRecord => ({
        sequence: 1,
        after: 0,
        prev: one.prev,
        last: one.last,
        events: one.events.filter((other) => other !== target),
      });
      const amended = holder === undefined ? [] : [...holder.amended, holder].map(without);
      const last = prev + 1 + gap;
      sent = {
        prev,
        last,
        events: [event(last, target.seq)],
        after: 0,
        amended,
        counts: NO_COUNTS,
      };
      store = store.filter((message) => message !== holder);
    }
    store = [...store, sent];
    prev = sent.last;
    return { store, sent };
  });
}

const commits = fc.array(
  fc.record({
    count: fc.integer({ min: 1, max: 3 }),
    gap: fc.integer({ min: 0, max: 5 }),
    retracts: fc.option(fc.nat(20), { nil: undefined, freq: 4 }),
  }),
  { minLength: 1, maxLength: 14 },
);

/**
 * What reaches a gateway while one commit happens per step: the record of a commit over the bus, or
 * the store as it was after it, `behind` commits late.
 */
const arrivals = fc.array(fc.record({ isLoad: fc.boolean(), behind: fc.nat(5) }), {
  maxLength: 40,
});

describe("any interleaving of history and live records", () => {
  test("gives every viewer the same list: the chain, in order, each event once", () => {
    fc.assert(
      fc.property(commits, arrivals, fc.nat(13), fc.nat(39), (plan, coming, begins, joins) => {
        const states = storesOf(plan);
        const at = (index: number) =>
          states[index % states.length] ?? { store: [], sent: record(0) };
        const whole = contiguousRecords(at(states.length - 1).store).records.flatMap(
          ({ events }) => events,
        );
        const isGone = new Set(whole.map(({ retracts }) => retracts));
        const timeline = timelineOf();
        const start = at(begins).sent.last;
        timeline.startAt(start);
        const delivered: DurableEvent[] = [];
        let joined: { from: number; got: DurableEvent[] } | undefined;
        const deliver = (events: readonly DurableEvent[]) => {
          delivered.push(...events);
          joined?.got.push(...events);
        };
        for (const [step, { isLoad, behind }] of coming.entries()) {
          const arriving = at(Math.max(0, Math.min(step, states.length - 1) - behind));
          if (isLoad) deliver(timeline.load(arriving.store).events);
          else deliver(timeline.take(arriving.sent));
          if (step === joins && timeline.head !== undefined) {
            const from = timeline.floor;
            joined = {
              from,
              got: [...timeline.between(from, timeline.head, 1_000, 1_000_000).events],
            };
          }
        }
        const { events, isReset } = timeline.load(at(states.length - 1).store);
        deliver(events);
        expect(isReset).toBe(false);
        const expected = (from: number) =>
          whole.filter(({ seq, retracts }) => seq > from && (retracts ?? 0) <= from);
        const remaining = (list: readonly DurableEvent[], from: number) =>
          seqs(list.filter(({ seq, retracts }) => !isGone.has(seq) && (retracts ?? 0) <= from));
        expect(seqs(delivered)).toEqual([...new Set(seqs(delivered))].sort((a, b) => a - b));
        expect(remaining(delivered, start)).toEqual(seqs(expected(start)));
        if (joined) expect(remaining(joined.got, joined.from)).toEqual(seqs(expected(joined.from)));
        expect(timeline.hasGap).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });

  test("a reader of the store finds no retracted event and loses no other", () => {
    fc.assert(
      fc.property(commits, (plan) => {
        const states = storesOf(plan);
        const sent = states.flatMap((state) => state.sent.events);
        const isGone = new Set(sent.map(({ retracts }) => retracts));
        const { store } = states.at(-1) ?? { store: [] };
        const { floor, records } = contiguousRecords(store);
        expect(floor).toBe(0);
        expect(seqs(records.flatMap(({ events }) => events))).toEqual(
          seqs(sent.filter(({ seq }) => !isGone.has(seq))),
        );
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("a gap", () => {
  test("holds back what is behind it until it is filled", () => {
    const [a, b, c, d] = singles(4) as [StoredRecord, StoredRecord, StoredRecord, StoredRecord];
    const timeline = timelineOf();
    expect(seqs(timeline.take(a))).toEqual([1]);
    expect(timeline.take(d)).toEqual([]);
    expect(timeline.take(c)).toEqual([]);
    expect(timeline.hasGap).toBe(true);
    expect(seqs(timeline.take(b))).toEqual([2, 3, 4]);
    expect(timeline.hasGap).toBe(false);
  });

  test("is not caused by a record that arrives twice", () => {
    const [a, b] = singles(2) as [StoredRecord, StoredRecord];
    const timeline = timelineOf();
    timeline.take(a);
    timeline.take(b);
    expect(timeline.take(a)).toEqual([]);
    expect(timeline.take(b)).toEqual([]);
    expect(timeline.hasGap).toBe(false);
  });

  test("that is given up shows in the `prev` of the next record", () => {
    const [a, , c] = singles(3) as [StoredRecord, StoredRecord, StoredRecord];
    const timeline = timelineOf();
    timeline.take(a);
    timeline.take(c);
    expect(seqs(timeline.skipGap())).toEqual([3]);
    expect(timeline.head).toBe(3);
    expect(timeline.covers(1)).toBe(false);
  });
});

describe("another chain", () => {
  test("a store that continues from a seq that we do not have causes a reset", () => {
    const timeline = timelineOf();
    timeline.load(singles(5));
    const others = [record(0), record(1, 1, 10), record(12)];
    expect(timeline.load(others)).toEqual({ events: [], isReset: true });
    expect(timeline.head).toBe(13);
    expect(timeline.covers(5)).toBe(false);
  });

  test("a store that lost its newest records causes a reset, if its leader says so", () => {
    const timeline = timelineOf();
    const chain = singles(5);
    timeline.load(chain);
    // It may also have been read a moment before they were stored.
    expect(timeline.load(chain.slice(0, 3)).isReset).toBe(false);
    expect(timeline.head).toBe(5);
    expect(timeline.load(chain.slice(0, 3), true).isReset).toBe(true);
    expect(timeline.head).toBe(3);
  });
});

describe("positions", () => {
  test("only those of the chain are covered, even where an event was deleted", () => {
    const timeline = timelineOf();
    const first = record(0, 3, 9); // 10, 11, 12
    const retraction = { ...record(12, 1, 7), events: [event(20, 11)] };
    timeline.load([first, retraction]);
    const covered = Array.from({ length: 25 }, (_, seq) => seq).filter((n) => timeline.covers(n));
    expect(covered).toEqual([0, 10, 11, 12, 20]);
  });

  test("the last events are counted without retractions", () => {
    const timeline = timelineOf();
    timeline.load([...singles(5), { ...record(5), events: [event(6, 4)] }]);
    expect(timeline.seqBeforeLast(0)).toBe(6);
    expect(timeline.seqBeforeLast(1)).toBe(3);
    expect(timeline.seqBeforeLast(2)).toBe(2);
    expect(timeline.seqBeforeLast(4)).toBe(0);
    expect(timeline.seqBeforeLast(100)).toBe(0);
    expect(seqs(timeline.between(2, 6, 100, 1_000).events)).toEqual([3, 5]);
    expect(timeline.between(2, 6, 100, 1_000).reached).toBe(6);
    expect(timeline.between(2, 6, 1, 1_000)).toMatchObject({ events: [{ seq: 3 }], reached: 3 });
    expect(timeline.between(2, 6, 100, 1)).toMatchObject({ events: [{ seq: 3 }], reached: 3 });
  });

  test("pages go backwards and say whether there are more", () => {
    const timeline = timelineOf();
    timeline.load(singles(5));
    const page = (before: number) => {
      const { events, more } = timeline.page(before, 2);
      return [seqs(events), more];
    };
    expect(page(100)).toEqual([[4, 5], true]);
    expect(page(4)).toEqual([[2, 3], true]);
    expect(page(2)).toEqual([[1], false]);
    expect(page(1)).toEqual([[], false]);
  });
});

test("pages go forwards from a position, and say whether there are more", () => {
  const timeline = timelineOf();
  timeline.load([...singles(5), { ...record(5), events: [event(6, 4)] }, record(6)]);
  const page = (after: number, before = 100) => {
    const { events, more } = timeline.page(before, 2, after);
    return [seqs(events), more];
  };
  expect(page(0)).toEqual([[1, 2], true]);
  expect(page(2)).toEqual([[3, 5], true]);
  expect(page(5)).toEqual([[7], false]);
  expect(page(2, 6)).toEqual([[3, 5], false]);
  expect(page(2, 5)).toEqual([[3], false]);
  expect(page(50)).toEqual([[], false]);
});

describe("limits", () => {
  test("by count: at least that many are kept, in whole records", () => {
    const timeline = timelineOf({ events: 4 });
    timeline.load([record(0, 3), record(3, 3), record(6, 3)]);
    expect(seqs(timeline.page(100, 100).events)).toEqual([4, 5, 6, 7, 8, 9]);
    expect(timeline.covers(2)).toBe(false);
    expect(timeline.covers(3)).toBe(true);
    timeline.take(record(9));
    expect(timeline.floor).toBe(6);
  });

  test("by bytes", () => {
    const timeline = timelineOf({ bytes: 40 });
    for (const one of singles(10)) timeline.take(one);
    expect(seqs(timeline.page(100, 100).events)).toEqual([7, 8, 9, 10]);
    expect(timeline.bytes).toBe(40);
  });

  test("by age: by the time that is encoded in a seq", () => {
    let now = 5_000;
    const timeline = new Timeline({ ...LIMITS, ageMs: 1_000 }, () => now);
    timeline.take(record(0, 1, 4_000_000 - 1));
    timeline.take(record(4_000_000, 1, 999_999));
    expect(timeline.covers(0)).toBe(true);
    now = 5_001;
    expect(timeline.covers(0)).toBe(false);
    expect(timeline.covers(4_000_000)).toBe(true);
  });

  test("events dropped for memory are known to be missing", () => {
    const timeline = timelineOf();
    timeline.load(singles(5));
    timeline.shrink();
    expect([timeline.bytes, timeline.isComplete, timeline.head]).toEqual([0, false, 5]);
    expect(timeline.covers(4)).toBe(false);
    expect(timeline.covers(5)).toBe(true);
    expect(timeline.load(singles(5)).events).toEqual([]);
    expect(timeline.covers(4)).toBe(true);
  });
});

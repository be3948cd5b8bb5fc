import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DurableEvent } from "../../shared/protocol/history/durable-event.ts";
import {
  type AmendedRecord,
  NO_COUNTS,
  type StoredRecord,
} from "../../shared/protocol/history/record.ts";
import { RetentionWindow } from "./retention-window.ts";

const LIMITS = { events: 100, bytes: 10_000 };

/** A record with this `last` and this many events. */
function record(last: number, count: number, amended: AmendedRecord[] = []): StoredRecord {
  const events = Array.from({ length: count }, (_, index): DurableEvent => {
    return { id: `c${last}-${index}`, kind: "comment", seq: last, bytes: Buffer.alloc(0) };
  });
  return { prev: 0, last, events, after: 0, amended, counts: NO_COUNTS };
}

/** Messages of sequences 1, 2 and so on, with these numbers of events and bytes. */
function keptOf(messages: readonly (readonly [events: number, bytes: number])[]): RetentionWindow {
  const kept = new RetentionWindow(LIMITS);
  for (const [at, [events, bytes]] of messages.entries()) {
    kept.add(at + 1, record(at + 1, events), bytes);
  }
  return kept;
}

const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

describe("trimming", () => {
  test("starts once a quarter more is stored than the limits", () => {
    expect(keptOf(times(125, [1, 1])).firstToKeep()).toBeUndefined();
    expect(keptOf(times(126, [1, 1])).firstToKeep()).toBeUndefined();
    expect(keptOf(times(12, [10, 1])).firstToKeep()).toBeUndefined();
    expect(keptOf(times(13, [10, 1])).firstToKeep()).toBe(4);
  });

  test("keeps the whole message that holds the oldest event to keep", () => {
    expect(
      keptOf([
        [50, 1],
        [30, 1],
        [99, 1],
        [1, 1],
      ]).firstToKeep(),
    ).toBe(3);
    expect(
      keptOf([
        [50, 1],
        [30, 1],
        [99, 1],
      ]).firstToKeep(),
    ).toBe(2);
  });

  test("keeps the newest message, however large", () => {
    expect(
      keptOf([
        [1, 1],
        [1, 50_000],
      ]).firstToKeep(),
    ).toBe(2);
    expect(keptOf([[1, 50_000]]).firstToKeep()).toBeUndefined();
  });

  test("is not requested again once done", () => {
    const kept = keptOf(times(20, [10, 1]));
    const first = kept.firstToKeep();
    expect(first).toBe(11);
    kept.forgetBefore(first ?? 0);
    expect(kept.size).toBe(10);
    expect(kept.firstToKeep()).toBeUndefined();
  });

  test("does not count a message that a retraction took over twice", () => {
    const kept = keptOf(times(12, [10, 1]));
    kept.add(13, record(13, 1, [{ ...record(12, 9), prev: 11, sequence: 12 }]), 1);
    expect(kept.size).toBe(12);
    expect(kept.firstToKeep()).toBeUndefined();
  });

  test("leaves as much as the limits allow, whatever is stored, and is done once reported", () => {
    const message = fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 3_000 }));
    fc.assert(
      fc.property(fc.array(message, { maxLength: 90 }), (messages) => {
        const kept = keptOf(messages);
        const first = kept.firstToKeep() ?? 1;
        const left = messages.slice(first - 1);
        const sumOf = (of: typeof messages, index: 0 | 1) =>
          of.reduce((sum, one) => sum + one[index], 0);
        const [events, bytes] = [sumOf(left, 0), sumOf(left, 1)];
        const next = messages[first - 2];
        if (next !== undefined) {
          // One more would be too much.
          expect(events >= LIMITS.events || bytes + next[1] > LIMITS.bytes).toBe(true);
        }
        const slack = 1.25;
        const largest = Math.max(0, ...left.map(([count]) => count));
        expect(events).toBeLessThanOrEqual(slack * LIMITS.events + largest);
        expect(left.length <= 1 || bytes <= slack * LIMITS.bytes).toBe(true);
        kept.forgetBefore(first);
        expect(kept.firstToKeep()).toBeUndefined();
      }),
    );
  });
});

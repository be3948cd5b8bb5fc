/** Assembles what the store keeps of a video: the newest part of its chain without a gap. */
import type { ChainRecord, StoredRecord } from "../../shared/protocol/history/record.ts";

export interface RecordRun {
  /** `prev` of the oldest record; 0 when there is none. */
  readonly floor: number;
  /** Oldest first, each the predecessor of the next; retracted events are left out. */
  readonly records: readonly ChainRecord[];
}

/**
 * @param stored what the store keeps, oldest first. A record whose message was erased lives on in
 * the `amended` of a later one, which counts even where the erased message is still there.
 */
export function contiguousRecords(stored: readonly StoredRecord[]): RecordRun {
  const byLast = new Map<number, ChainRecord>();
  const retracted = new Set<number>();
  for (const message of stored) {
    for (const record of [...message.amended, message]) {
      byLast.set(record.last, record);
      for (const { retracts } of record.events) {
        if (retracts !== undefined) retracted.add(retracts);
      }
    }
  }
  const sorted = [...byLast.values()].sort((one, other) => one.last - other.last);
  let start = Math.max(0, sorted.length - 1);
  while (start > 0 && sorted[start]?.prev === sorted[start - 1]?.last) start -= 1;
  const records = sorted.slice(start).map(({ prev, last, events }) => ({
    prev,
    last,
    events: events.filter(({ seq }) => !retracted.has(seq)),
  }));
  return { floor: records[0]?.prev ?? 0, records };
}

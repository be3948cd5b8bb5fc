/** Which of the events that wait go into the next record, and with what seq. */
import { type DurableEvent, writePlace } from "../../shared/protocol/history/durable-event.ts";
import type { StoredRecord } from "../../shared/protocol/history/record.ts";
import type { RequestTiming } from "../fanout.ts";
import type { Deferred } from "./pending-limit.ts";

/** A record holds no more than this, unless a single event is larger. */
export const RECORD_EVENTS_LIMIT = 256;
export const RECORD_BYTES_LIMIT = 131_072;
/** Bytes that a record may need for an event in addition to the event's own. */
export const ENTRY_OVERHEAD_BYTES = 128;
/** Slots that one batch considers: repeats don't count towards a record's limits. */
const SLOTS_LIMIT = 1_024;

/** An event to store; `bytes` are those of `encodeUnplaced`. */
export interface UnstoredEvent {
  readonly id: string;
  readonly kind: string;
  readonly bytes: Buffer;
}

/** The events of one request, which is answered when all of them have a seq. */
export class StoreRequest {
  readonly job: Deferred<number[]>;
  /** When it was taken, and in which trace; undefined where that doesn't matter. */
  readonly taken: RequestTiming | undefined;
  readonly #seqs: number[];
  #left: number;

  constructor(job: Deferred<number[]>, taken?: RequestTiming) {
    this.job = job;
    this.taken = taken;
    this.#seqs = new Array<number>(job.events).fill(0);
    this.#left = job.events;
  }

  /** Sets the seq of the event at this index; the last one resolves the job. */
  assignSeq(index: number, seq: number): void {
    this.#seqs[index] = seq;
    this.#left -= 1;
    if (this.#left === 0) this.job.resolve(this.#seqs);
  }
}

/** One event of a request, waiting for its seq. */
export interface Slot {
  readonly request: StoreRequest;
  readonly index: number;
  readonly event: UnstoredEvent;
}

export interface Batch {
  /** Slots from the head of the queue that this batch deals with. */
  readonly slots: readonly Slot[];
  /** The seq of each slot's event. */
  readonly seqs: readonly number[];
  /** How many of them were stored already. */
  readonly repeats: number;
  /** Undefined when nothing is new. */
  readonly record: StoredRecord | undefined;
}

interface ChainEnd {
  /** Sequence in the stream of the chain's newest message. */
  readonly sequence: number;
  /** `last` of its record. */
  readonly last: number;
  /** The seq that the first new event gets. */
  readonly base: number;
  /** The seq of an event that was stored already. */
  readonly seqOf: (id: string) => number | undefined;
  readonly bytesLimit: number;
}

/**
 * Takes slots until a record is full. An id that is stored, or that comes twice, keeps its seq.
 * Writes the seqs into the events' bytes.
 */
export function planBatch(waiting: Iterable<Slot>, end: ChainEnd): Batch {
  const { sequence, last, base, seqOf, bytesLimit } = end;
  const slots: Slot[] = [];
  const seqs: number[] = [];
  const events: DurableEvent[] = [];
  const taken = new Map<string, number>();
  let bytesSum = 0;
  let repeats = 0;
  for (const slot of waiting) {
    const { id, kind, bytes } = slot.event;
    let seq = seqOf(id) ?? taken.get(id);
    if (seq === undefined) {
      const size = bytes.length + ENTRY_OVERHEAD_BYTES;
      const isFull = events.length === RECORD_EVENTS_LIMIT || bytesSum + size > bytesLimit;
      if (isFull && events.length > 0) break;
      seq = base + events.length;
      writePlace(bytes, seq, events.length === 0 ? last : seq - 1);
      events.push({ id, kind, seq, bytes });
      taken.set(id, seq);
      bytesSum += size;
    } else {
      repeats += 1;
    }
    slots.push(slot);
    seqs.push(seq);
    if (slots.length === SLOTS_LIMIT) break;
  }
  const record =
    events.length === 0
      ? undefined
      : { prev: last, last: base + events.length - 1, events, after: sequence, amended: [] };
  return { slots, seqs, repeats, record };
}

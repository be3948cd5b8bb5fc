/** Which of the events that wait go into the next record, and with what seq. */
import { OvationError } from "../../shared/protocol/errors.ts";
import { type DurableEvent, writePlace } from "../../shared/protocol/history/durable-event.ts";
import type { ChainCounts, StoredRecord } from "../../shared/protocol/history/record.ts";
import { addTo } from "../../shared/protocol/totals/totals.ts";
import type { Deferred } from "../chain/pending-limit.ts";
import type { RequestTiming } from "../requests/request-timing.ts";
import type { StoredId } from "./stored-ids.ts";

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
  /** Who may repeat the id. */
  readonly owner?: string | undefined;
}

/** Whose an id is, and the seq of its event. */
type Known = Pick<StoredId, "seq" | "owner">;

/** The id of a request's event at this index is somebody else's. */
export class EventIdTaken extends OvationError {
  readonly index: number;

  constructor(index: number) {
    super("event_id_taken");
    this.index = index;
  }
}

/** The events of one request, which is answered when all of them have a seq. */
export class StoreRequest {
  readonly job: Deferred<number[]>;
  readonly events: readonly UnstoredEvent[];
  /** When it was taken, and in which trace; undefined where that doesn't matter. */
  readonly taken: RequestTiming | undefined;
  readonly #seqs: number[];
  #left: number;

  constructor(job: Deferred<number[]>, events: readonly UnstoredEvent[], taken?: RequestTiming) {
    this.job = job;
    this.events = events;
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

  /** The first event from `index` on whose id is somebody else's. */
  takenFrom(index: number, known: (id: string) => Known | undefined): EventIdTaken | undefined {
    const own = new Map<string, string | undefined>();
    for (let at = index; at < this.events.length; at += 1) {
      const { id, owner } = this.events[at] ?? NO_EVENT;
      // Without an owner, a repeat by anybody changes nothing.
      const whose = known(id)?.owner ?? own.get(id) ?? owner;
      if (whose !== owner) return new EventIdTaken(at);
      own.set(id, owner);
    }
    return undefined;
  }
}

const NO_EVENT = { id: "", owner: undefined };

/** One event of a request, waiting for its seq. */
export interface Slot {
  readonly request: StoreRequest;
  readonly index: number;
  readonly event: UnstoredEvent;
}

export interface Batch {
  /** Slots from the head of the queue that this batch deals with. */
  readonly slots: readonly Slot[];
  /** The seq of each slot's event; 0 for those of refused requests. */
  readonly seqs: readonly number[];
  /** Requests of which nothing (more) is stored, since an id is somebody else's. */
  readonly refused: ReadonlyMap<StoreRequest, EventIdTaken>;
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
  /** What is known of an id that is stored already. */
  readonly known: (id: string) => Known | undefined;
  readonly bytesLimit: number;
  /** How many events of each kind the chain has had. */
  readonly counts: ChainCounts;
}

/**
 * Takes slots until a record is full. An id that is stored, or that comes twice, keeps its seq; a
 * request with an id of somebody else's is refused as a whole. Writes the seqs into the events'
 * bytes.
 */
export function planBatch(waiting: Iterable<Slot>, end: ChainEnd): Batch {
  const { sequence, last, base, bytesLimit } = end;
  const slots: Slot[] = [];
  const seqs: number[] = [];
  const events: DurableEvent[] = [];
  const taken = new Map<string, Known>();
  const known = (id: string) => end.known(id) ?? taken.get(id);
  const refused = new Map<StoreRequest, EventIdTaken>();
  let checked: StoreRequest | undefined;
  let bytesSum = 0;
  let repeats = 0;
  for (const slot of waiting) {
    const { request, index } = slot;
    const { id, kind, bytes, owner } = slot.event;
    if (request !== checked) {
      checked = request;
      const fault = request.takenFrom(index, known);
      if (fault !== undefined) refused.set(request, fault);
    }
    let seq = refused.has(request) ? 0 : known(id)?.seq;
    if (seq === undefined) {
      const size = bytes.length + ENTRY_OVERHEAD_BYTES;
      const isFull = events.length === RECORD_EVENTS_LIMIT || bytesSum + size > bytesLimit;
      if (isFull && events.length > 0) break;
      seq = base + events.length;
      writePlace(bytes, seq, events.length === 0 ? last : seq - 1);
      events.push({ id, kind, seq, bytes, owner });
      taken.set(id, { seq, owner });
      bytesSum += size;
    } else if (seq > 0) {
      repeats += 1;
    }
    slots.push(slot);
    seqs.push(seq);
    if (slots.length === SLOTS_LIMIT) break;
  }
  const record =
    events.length === 0
      ? undefined
      : {
          prev: last,
          last: base + events.length - 1,
          events,
          after: sequence,
          amended: [],
          counts: withEvents(sequence === 0 ? { origin: base, counts: NONE } : end.counts, events),
        };
  return { slots, seqs, refused, repeats, record };
}

const NONE: ChainCounts["counts"] = new Map();

function withEvents({ origin, counts }: ChainCounts, events: readonly DurableEvent[]): ChainCounts {
  const sum = new Map(counts);
  for (const { kind } of events) addTo(sum, kind, 1);
  return { origin, counts: sum };
}

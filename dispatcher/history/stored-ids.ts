/**
 * The ids of one video's durable events: an id stays taken while its event is kept, and at least
 * for the window of repeats. Each names the messages that hold the event, so that it is found
 * without reading the history.
 */
import type { DurableEvent } from "../../shared/protocol/history/durable-event.ts";
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";
import { targetOf } from "./retraction.ts";

/**
 * Ids that are remembered, as a multiple of the events that the history keeps: the store may hold
 * up to half as many again while nobody trims it.
 */
const KEPT_FACTOR = 2;
/** Ids beyond those that are remembered for the window of repeats. */
const WINDOW_LIMIT = 65_536;
/** So many are forgotten at a time. */
const FORGET_STEP = 256;

/** What is known of an id. */
export interface StoredId {
  /** The event's. */
  readonly seq: number;
  readonly owner: string | undefined;
  /** Sequences of the messages that hold the event; some may be erased. */
  readonly holders: readonly number[];
  /** The seq of the event that deleted it. */
  readonly retractedBy: number | undefined;
}

interface Entry extends StoredId {
  /** By the monotonic clock. */
  readonly learntAt: number;
}

interface StoredIdsOptions {
  readonly deduplicateMs: number;
  /** Events that the history keeps of a video. */
  readonly keptEvents: number;
  readonly now: MonotonicClock;
}

export class StoredIds {
  readonly #options: StoredIdsOptions;
  /** The oldest first. */
  readonly #entries = new Map<string, Entry>();

  constructor(options: StoredIdsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(id: string): StoredId | undefined {
    return this.#entries.get(id);
  }

  /** The message with this sequence holds the event. */
  learn(event: DurableEvent, sequence: number): void {
    const { id, seq, owner } = event;
    // The history no longer names a deleted event; a repeat of it must not bring it back.
    const target = targetOf(event);
    if (target === undefined) {
      const known = this.#entries.get(id);
      const isSame = known?.seq === seq;
      if (isSame && known.holders.includes(sequence)) return;
      const holders = isSame ? [...known.holders, sequence] : [sequence];
      const retractedBy = isSame ? known.retractedBy : undefined;
      return this.#set(id, { seq, owner, holders, retractedBy });
    }
    this.#set(id, { seq, owner: undefined, holders: [], retractedBy: undefined });
    const known = this.#entries.get(target.id);
    const holders = known?.seq === target.seq ? known.holders : [];
    this.#set(target.id, { seq: target.seq, owner, holders, retractedBy: seq });
  }

  /** The message no longer holds these events. */
  erased(sequence: number, events: readonly DurableEvent[]): void {
    for (const { id } of events) {
      const entry = this.#entries.get(id);
      if (entry?.holders.includes(sequence) !== true) continue;
      const holders = entry.holders.filter((holder) => holder !== sequence);
      this.#entries.set(id, { ...entry, holders });
    }
  }

  clear(): void {
    this.#entries.clear();
  }

  #set(id: string, stored: StoredId): void {
    const { keptEvents, now } = this.#options;
    this.#entries.set(id, { ...stored, learntAt: now() });
    if (this.#entries.size >= KEPT_FACTOR * keptEvents + FORGET_STEP) this.#forget();
  }

  #forget(): void {
    const { deduplicateMs, keptEvents, now } = this.#options;
    const keep = KEPT_FACTOR * keptEvents;
    const since = now() - deduplicateMs;
    for (const [id, { learntAt }] of this.#entries) {
      const isRepeatable = learntAt > since && this.#entries.size <= keep + WINDOW_LIMIT;
      if (this.#entries.size <= keep || isRepeatable) return;
      this.#entries.delete(id);
    }
  }
}

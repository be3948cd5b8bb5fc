/**
 * What this dispatcher knows of one video's chain: enough to store the next record so that the
 * chain has no fork and no id twice. Before an append, every message up to the one that the append
 * is bound to has been read; see {@link ChainReader}.
 */
import type { StoredMessage } from "../../shared/bus/stored-message.ts";
import {
  type ChainCounts,
  NO_COUNTS,
  type StoredRecord,
  seqAt,
} from "../../shared/protocol/history/record.ts";
import type { ChainTotals } from "../../shared/protocol/totals/totals.ts";
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";
import type { ReadableChain } from "../chain/chain-reader.ts";
import { Trust, type TrustLevel } from "../chain/trust.ts";
import { type ChainMessage, readMessage } from "./chain-message.ts";
import { type KeepLimits, RetentionWindow } from "./retention-window.ts";
import { StoredIds } from "./stored-ids.ts";

export interface ChainOptions {
  readonly deduplicateMs: number;
  readonly keep: KeepLimits;
  readonly now: MonotonicClock;
}

export class VideoChain implements ReadableChain<ChainMessage> {
  readonly video: string;
  readonly ids: StoredIds;
  readonly kept: RetentionWindow;
  readonly #trust = new Trust();
  #sequence = 0;
  #last = 0;
  #highest = 0;
  #counts = NO_COUNTS;

  constructor(video: string, options: ChainOptions) {
    this.video = video;
    const { deduplicateMs, keep, now } = options;
    this.ids = new StoredIds({ deduplicateMs, keptEvents: keep.events, now });
    this.kept = new RetentionWindow(options.keep);
  }

  get key(): string {
    return this.video;
  }

  get trust(): TrustLevel {
    return this.#trust.level;
  }

  /** Sequence in the stream of the newest message; 0 when there is none. */
  get sequence(): number {
    return this.#sequence;
  }

  /** `last` of the newest record; also that of one that has aged out. */
  get last(): number {
    return this.#last;
  }

  /** What it says about the video's totals. */
  get totals(): ChainTotals {
    return { ...this.#counts, seq: this.#last };
  }

  /** How many events of each kind it has had, up to the newest record. */
  get counts(): ChainCounts {
    return this.#counts;
  }

  /** How much it remembers, for a limit over all chains. */
  get weight(): number {
    return this.ids.size + this.kept.size;
  }

  /** The seq that a next event gets: the time in microseconds, and above every known one. */
  nextSeq(nowMs: number): number {
    return Math.max(this.#last + 1, this.#highest + 1, seqAt(Math.floor(nowMs)));
  }

  /** The store may have changed: it must be read before the next append. */
  doubt(): void {
    this.#trust.doubt();
  }

  /** Reads the chain by `read`; a doubt raised meanwhile stays. */
  async sync(read: () => Promise<void>): Promise<void> {
    await this.#trust.sync(read);
  }

  /**
   * Takes in a record that another dispatcher stored, if it is the very next: that saves a failed
   * append to learn of it. Any other is left to a read of the store.
   */
  observe({ payload, sequence }: Pick<StoredMessage, "payload" | "sequence">): void {
    if (!this.#trust.canObserve || sequence <= this.#sequence) return;
    const message = readMessage({ payload, sequence });
    if (this.isNext(message)) this.learn(message);
  }

  /** Starts a new read. Nothing counts as stored any more, unless `keepIds` is set. */
  restart(keepIds: boolean): void {
    this.#trust.reset();
    this.#sequence = 0;
    this.#counts = NO_COUNTS;
    this.kept.clear();
    if (!keepIds) this.ids.clear();
  }

  /** Whether the message directly follows those known. */
  isNext({ record }: ChainMessage): boolean {
    return record !== undefined && record.after === this.#sequence && this.#agrees(record);
  }

  /** Whether it is the newest message known. */
  isNewest({ sequence, record }: ChainMessage): boolean {
    return sequence === this.#sequence && (record === undefined || record.last === this.#last);
  }

  /**
   * Takes in a message that comes after those known.
   * @returns false when it can't: it was stored without a message that we know
   */
  absorb(message: ChainMessage): boolean {
    if (message.record !== undefined && !this.#agrees(message.record)) return false;
    this.learn(message);
    return true;
  }

  /** Takes in a message as the newest, whatever was known before. */
  learn(message: ChainMessage): void {
    this.appended(message);
    // The dispatcher whose record exceeds the limits trims; the others need not count the excess.
    const first = this.kept.firstToKeep();
    if (first !== undefined) this.kept.forgetBefore(first);
  }

  /** Our own record is stored. */
  appended({ sequence, record, bytes }: ChainMessage): void {
    this.#sequence = sequence;
    if (record === undefined) return;
    this.#last = record.last;
    this.#counts = record.counts;
    this.#highest = Math.max(this.#highest, record.last);
    this.kept.add(sequence, record, bytes);
    for (const { events } of [...record.amended, record]) {
      for (const event of events) this.ids.learn(event, sequence);
    }
  }

  /** Messages in between may be erased or trimmed, but none may be bound to an older one. */
  #agrees({ after, prev, last }: StoredRecord): boolean {
    if (after < this.#sequence || last <= this.#last) return false;
    return after > this.#sequence || prev === this.#last;
  }
}

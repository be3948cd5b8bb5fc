/**
 * The writers of all polls that this dispatcher has to do with. Memory is bounded: the votes of a
 * quiet poll are dropped, since they can be read again.
 */
import { parsePollKey } from "../../shared/protocol/subjects.ts";
import { PollWriter, type PollWriterOptions } from "./poll-writer.ts";

/** Polls whose votes are remembered, and the memory that they may take. */
const POLLS_LIMIT = 1_000;
const BYTES_LIMIT = 268_435_456;
/** Busy polls that one search for a poll to drop skips. */
const SKIPPED_LIMIT = 16;

export class PollWriters {
  readonly #options: PollWriterOptions;
  /** The least recently used one first. */
  readonly #writers = new Map<string, PollWriter>();

  constructor(options: PollWriterOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#writers.size;
  }

  /** Memory that the votes of all polls take here. */
  get bytes(): number {
    let sum = 0;
    for (const { chain } of this.#writers.values()) sum += chain.bytes;
    return sum;
  }

  /** Whether another poll can be read without dropping one. */
  get hasRoom(): boolean {
    return this.#writers.size < POLLS_LIMIT && this.bytes < BYTES_LIMIT;
  }

  /** Undefined for a poll that isn't remembered. */
  known(key: string): PollWriter | undefined {
    return this.#writers.get(key);
  }

  of(key: string): PollWriter {
    const known = this.#writers.get(key);
    const writer = known ?? new PollWriter(key, this.#options);
    this.#writers.delete(key);
    this.#writers.set(key, writer);
    if (known === undefined) this.trim(writer);
    return writer;
  }

  drop(key: string): void {
    this.#writers.delete(key);
  }

  /** The polls of a video were erased. */
  forget(video: string): void {
    for (const [key, writer] of [...this.#writers]) {
      if (parsePollKey(key)?.video !== video) continue;
      // One that is at work finds out from the store.
      if (writer.isIdle) this.drop(key);
      else writer.chain.doubt();
    }
  }

  /** The store may have changed. */
  doubtAll(): void {
    for (const { chain } of this.#writers.values()) chain.doubt();
  }

  /** Drops quiet polls while there are too many. @param wanted one to keep */
  trim(wanted?: PollWriter): void {
    let { bytes } = this;
    let skipped = 0;
    for (const [key, writer] of this.#writers) {
      if (this.#writers.size <= POLLS_LIMIT && bytes <= BYTES_LIMIT) return;
      if (writer === wanted || skipped === SKIPPED_LIMIT) return;
      if (!writer.isIdle) {
        skipped += 1;
        continue;
      }
      bytes -= writer.chain.bytes;
      this.drop(key);
    }
  }
}

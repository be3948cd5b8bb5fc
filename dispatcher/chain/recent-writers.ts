/**
 * The writers of the videos that were used most recently. Memory is bounded: a quiet video's writer
 * is dropped, since what it knows can be read again.
 */

/** Busy writers that one search for a writer to drop skips. */
const SKIPPED_LIMIT = 16;

interface Writer {
  /** Whether nothing waits for it: it may be dropped. */
  readonly isIdle: boolean;
  /** What it remembers, as it reported to `addWeight`. */
  readonly weight: number;
}

interface RecentWritersOptions<W extends Writer> {
  readonly create: (video: string) => W;
  /** Writers that are kept, and the weight of all of them. */
  readonly limit: number;
  readonly weightLimit: number;
}

export class RecentWriters<W extends Writer> {
  readonly #options: RecentWritersOptions<W>;
  /** The least recently used one first. */
  readonly #writers = new Map<string, W>();
  #weight = 0;

  constructor(options: RecentWritersOptions<W>) {
    this.#options = options;
  }

  get size(): number {
    return this.#writers.size;
  }

  /** A writer remembers more, or less, than before. */
  addWeight(change: number): void {
    this.#weight += change;
  }

  /** Undefined for a video without a writer. */
  known(video: string): W | undefined {
    return this.#writers.get(video);
  }

  /** The writer of a video: the one that is kept, or a new one. */
  of(video: string): W {
    const writer = this.#writers.get(video) ?? this.#options.create(video);
    this.#writers.delete(video);
    this.#writers.set(video, writer);
    this.#makeRoom(writer);
    return writer;
  }

  all(): Iterable<W> {
    return this.#writers.values();
  }

  #makeRoom(wanted: W): void {
    const { limit, weightLimit } = this.#options;
    let skipped = 0;
    for (const [video, writer] of this.#writers) {
      if (this.#writers.size <= limit && this.#weight <= weightLimit) return;
      if (writer === wanted || skipped === SKIPPED_LIMIT) return;
      if (!writer.isIdle) {
        skipped += 1;
        continue;
      }
      this.#writers.delete(video);
      this.#weight -= writer.weight;
    }
  }
}

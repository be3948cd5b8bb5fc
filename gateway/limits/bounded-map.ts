/**
 * Values by key, up to a limit. To make room, it first evicts an idle value, such as a full bucket,
 * which equals a new one; when there is none among the next few, it evicts the oldest.
 */

/** How many values are checked to make room for one, so that the work is bounded. */
const CHECKED = 32;

export interface BoundedMapStats {
  /** Values that were evicted although they were not idle. */
  forgotten: number;
}

export class BoundedMap<V> {
  readonly #values = new Map<string, V>();
  readonly #limit: number;
  readonly #isIdle: (value: V) => boolean;
  readonly #stats: BoundedMapStats;

  constructor(limit: number, isIdle: (value: V) => boolean, stats: BoundedMapStats) {
    this.#limit = limit;
    this.#isIdle = isIdle;
    this.#stats = stats;
  }

  get size(): number {
    return this.#values.size;
  }

  get(key: string): V | undefined {
    return this.#values.get(key);
  }

  /** Adds a value whose key is not there yet. */
  add(key: string, value: V): void {
    if (this.#values.size >= this.#limit) this.#makeRoom();
    this.#values.set(key, value);
  }

  #makeRoom(): void {
    let checked = 0;
    for (const [key, value] of this.#values) {
      if (this.#isIdle(value)) {
        this.#values.delete(key);
        return;
      }
      checked += 1;
      if (checked >= CHECKED) break;
      // To the end, so that the next search checks others.
      this.#values.delete(key);
      this.#values.set(key, value);
    }
    const [oldest] = this.#values.keys();
    if (oldest === undefined) return;
    this.#values.delete(oldest);
    this.#stats.forgotten += 1;
  }
}

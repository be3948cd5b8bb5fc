/**
 * Values by key, of which so many are kept and no more. Whoever needs room lets go first of one that
 * says nothing any more, such as a full bucket, which is as good as a new one; when there is none
 * among the next few, of the one that has been there longest.
 */

/** Looked at to make room for one: a bounded piece of work. */
const LOOKED_AT = 32;

export interface BoundedMapStats {
  /** Values that were let go of although they still said something. */
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

  /** Adds one that is not there. */
  add(key: string, value: V): void {
    if (this.#values.size >= this.#limit) this.#makeRoom();
    this.#values.set(key, value);
  }

  #makeRoom(): void {
    let looked = 0;
    for (const [key, value] of this.#values) {
      if (this.#isIdle(value)) {
        this.#values.delete(key);
        return;
      }
      looked += 1;
      if (looked >= LOOKED_AT) break;
      // To the end, so that the next search looks at others.
      this.#values.delete(key);
      this.#values.set(key, value);
    }
    const [oldest] = this.#values.keys();
    if (oldest === undefined) return;
    this.#values.delete(oldest);
    this.#stats.forgotten += 1;
  }
}

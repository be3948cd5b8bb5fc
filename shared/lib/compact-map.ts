/**
 * A map that mostly has one entry, such as the videos that a viewer watches: an empty `Map` takes
 * 200 bytes, and a gateway would hold two of them for each viewer.
 */
export class CompactMap<V> {
  /** The only entry, while there has never been a second one. */
  #key: string | undefined;
  #value: V | undefined;
  /** All entries, once there was a second one. */
  #all: Map<string, V> | undefined;

  get size(): number {
    return this.#all?.size ?? (this.#key === undefined ? 0 : 1);
  }

  has(key: string): boolean {
    return this.#all?.has(key) ?? this.#key === key;
  }

  get(key: string): V | undefined {
    if (this.#all !== undefined) return this.#all.get(key);
    return this.#key === key ? this.#value : undefined;
  }

  set(key: string, value: V): void {
    if (this.#all === undefined && (this.#key === undefined || this.#key === key)) {
      this.#key = key;
      this.#value = value;
      return;
    }
    this.#all ??= new Map(this.#entries());
    this.#all.set(key, value);
    this.#clearSingle();
  }

  /** @returns whether there was such an entry */
  delete(key: string): boolean {
    if (this.#all !== undefined) return this.#all.delete(key);
    if (this.#key !== key) return false;
    this.#clearSingle();
    return true;
  }

  clear(): void {
    this.#all = undefined;
    this.#clearSingle();
  }

  /** The current entries: a copy, so that the map may change during iteration. */
  entries(): readonly (readonly [key: string, value: V])[] {
    return this.#entries();
  }

  /** The current keys, likewise a copy. */
  keys(): string[] {
    return this.#entries().map(([key]) => key);
  }

  /** The current values, likewise a copy. */
  values(): V[] {
    return this.#entries().map(([, value]) => value);
  }

  #entries(): [string, V][] {
    if (this.#all !== undefined) return [...this.#all];
    return this.#key === undefined ? [] : [[this.#key, this.#value as V]];
  }

  #clearSingle(): void {
    this.#key = undefined;
    this.#value = undefined;
  }
}

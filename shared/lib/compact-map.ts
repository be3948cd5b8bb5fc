/**
 * A map for what mostly has one entry, such as the videos that a viewer watches: a `Map` takes 200
 * bytes before anything is in it, of which a gateway would hold two for each viewer.
 */
export class CompactMap<V> {
  /** The only entry, while there has never been a second one. */
  #key: string | undefined;
  #value: V | undefined;
  /** All entries, since there was a second one. */
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
    this.#forgetOnly();
  }

  /** @returns whether there was such an entry */
  delete(key: string): boolean {
    if (this.#all !== undefined) return this.#all.delete(key);
    if (this.#key !== key) return false;
    this.#forgetOnly();
    return true;
  }

  clear(): void {
    this.#all = undefined;
    this.#forgetOnly();
  }

  /** The keys there are now, whatever happens to the map while they are gone through. */
  keys(): string[] {
    return this.#entries().map(([key]) => key);
  }

  /** The values there are now, likewise. */
  values(): V[] {
    return this.#entries().map(([, value]) => value);
  }

  #entries(): [string, V][] {
    if (this.#all !== undefined) return [...this.#all];
    return this.#key === undefined ? [] : [[this.#key, this.#value as V]];
  }

  #forgetOnly(): void {
    this.#key = undefined;
    this.#value = undefined;
  }
}

/** Who wants to be told. */

export class Listeners<T> {
  /** One object for each `add`, so that the same function may be added twice. */
  readonly #all = new Set<{ readonly listener: (value: T) => void }>();

  /** Returns what removes it. */
  add(listener: (value: T) => void): () => void {
    const entry = { listener };
    this.#all.add(entry);
    return () => {
      this.#all.delete(entry);
    };
  }

  tell(value: T): void {
    for (const entry of [...this.#all]) {
      // One that was removed by another one is not told any more.
      if (!this.#all.has(entry)) continue;
      try {
        entry.listener(value);
      } catch (error) {
        // The application's own fault, which is to be seen, but to stop nothing here.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}

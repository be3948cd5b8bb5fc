/** Recorded items, for tests that wait for them. */

/** Records items, and resolves when a condition on them holds. */
export class Recorder<T> {
  readonly all: T[] = [];
  readonly #waiting = new Set<() => void>();

  readonly take = (item: T): void => {
    this.all.push(item);
    for (const check of [...this.#waiting]) check();
  };

  /** Resolves with the first value of `poll` that isn't undefined or false. */
  async until<R>(poll: (all: readonly T[]) => R | undefined | false): Promise<R> {
    return await new Promise((resolve) => {
      const check = () => {
        const value = poll(this.all);
        if (value === undefined || value === false) return;
        this.#waiting.delete(check);
        resolve(value);
      };
      this.#waiting.add(check);
      check();
    });
  }

  /** Resolves with the first matching item. */
  async first(matches: (item: T) => boolean): Promise<T> {
    const { item } = await this.until((all) => {
      const index = all.findIndex(matches);
      return index >= 0 && { item: all[index] as T };
    });
    return item;
  }
}

/** What came, for a test that waits for it. */

/** Keeps what comes, and resolves when what is waited for has come. */
export class Recorder<T> {
  readonly all: T[] = [];
  readonly #waiting = new Set<() => void>();

  readonly take = (item: T): void => {
    this.all.push(item);
    for (const look of [...this.#waiting]) look();
  };

  /** Resolves with the first value of `look` that isn't undefined or false. */
  async until<R>(look: (all: readonly T[]) => R | undefined | false): Promise<R> {
    return await new Promise((resolve) => {
      const check = () => {
        const value = look(this.all);
        if (value === undefined || value === false) return;
        this.#waiting.delete(check);
        resolve(value);
      };
      this.#waiting.add(check);
      check();
    });
  }

  /** Resolves with the first item that fits. */
  async first(fits: (item: T) => boolean): Promise<T> {
    const { item } = await this.until((all) => {
      const index = all.findIndex(fits);
      return index >= 0 && { item: all[index] as T };
    });
    return item;
  }
}

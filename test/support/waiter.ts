/** Waits until a growing record satisfies a condition. */
export class Waiter {
  readonly #waiting = new Set<() => void>();

  /** The record changed: checks every waiting condition again. */
  changed(): void {
    for (const check of [...this.#waiting]) check();
  }

  /** Resolves with the first value that isn't undefined or false. */
  async until<T>(poll: () => T | undefined | false): Promise<T> {
    return await new Promise((resolve) => {
      const check = () => {
        const value = poll();
        if (value === undefined || value === false) return;
        this.#waiting.delete(check);
        resolve(value);
      };
      this.#waiting.add(check);
      check();
    });
  }
}

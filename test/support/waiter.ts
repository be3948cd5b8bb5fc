/** Waits for what a growing record of things comes to hold. */
export class Waiter {
  readonly #waiting = new Set<() => void>();

  /** Something came: looks again at what is waited for. */
  changed(): void {
    for (const look of [...this.#waiting]) look();
  }

  /** Resolves with the first value that isn't undefined or false. */
  async until<T>(look: () => T | undefined | false): Promise<T> {
    return await new Promise((resolve) => {
      const check = () => {
        const value = look();
        if (value === undefined || value === false) return;
        this.#waiting.delete(check);
        resolve(value);
      };
      this.#waiting.add(check);
      check();
    });
  }
}

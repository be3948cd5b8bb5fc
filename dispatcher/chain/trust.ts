/** Whether what a dispatcher knows of a chain is what the store holds. */

/** `none`: not read yet. `doubted`: the store may have changed. `sound`: safe to append to. */
export type TrustLevel = "none" | "doubted" | "sound";

export class Trust {
  #level: TrustLevel = "none";
  #doubts = 0;
  #isSyncing = false;

  get level(): TrustLevel {
    return this.#level;
  }

  /** Whether what others tell of their records can be used: not while the store is read. */
  get canObserve(): boolean {
    return this.#level === "sound" && !this.#isSyncing;
  }

  /** The store may have changed: it must be read before the next append. */
  doubt(): void {
    this.#doubts += 1;
    if (this.#level === "sound") this.#level = "doubted";
  }

  /** Reads the chain by `read`; a doubt raised meanwhile stays. */
  async sync(read: () => Promise<void>): Promise<void> {
    const doubts = this.#doubts;
    this.#isSyncing = true;
    try {
      await read();
    } finally {
      this.#isSyncing = false;
    }
    this.#level = doubts === this.#doubts ? "sound" : "doubted";
  }

  /** Nothing that was known counts any more. */
  reset(): void {
    this.#level = "none";
  }
}

/**
 * The memory that the timelines of all videos may use together. Beyond it, the least recently used
 * ones drop their events, which are read again when they are needed.
 */
interface Holder {
  readonly bytes: number;
  shrink(): void;
}

export class HistoryBudget {
  readonly #limitBytes: number;
  /** Bytes by holder, least recently used first. */
  readonly #held = new Map<Holder, number>();
  #bytes = 0;
  /** Timelines that had to drop their events. */
  shrunk = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The holder was used; its size may have changed. */
  touch(holder: Holder): void {
    this.forget(holder);
    this.#held.set(holder, holder.bytes);
    this.#bytes += holder.bytes;
    while (this.#bytes > this.#limitBytes) {
      const [oldest] = this.#held.keys();
      if (oldest === undefined || oldest === holder) return;
      this.forget(oldest);
      oldest.shrink();
      this.shrunk += 1;
    }
  }

  forget(holder: Holder): void {
    this.#bytes -= this.#held.get(holder) ?? 0;
    this.#held.delete(holder);
  }
}

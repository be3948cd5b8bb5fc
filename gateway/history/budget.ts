/**
 * The memory that the timelines of all videos may take together. Beyond it, those that were used
 * longest ago let go of their events, which are then read again when somebody asks for them.
 */
interface Holder {
  readonly bytes: number;
  shrink(): void;
}

export class HistoryBudget {
  readonly #limitBytes: number;
  /** Bytes by holder, the one used longest ago first. */
  readonly #held = new Map<Holder, number>();
  #bytes = 0;
  /** Timelines that had to let go of their events. */
  shrunk = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The holder was used, and may hold more or less than before. */
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

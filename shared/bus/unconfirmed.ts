/**
 * Counts the bytes that NATS has not confirmed yet, in the client's buffer or sent: the client itself
 * would buffer without limit.
 */

/** Beyond this, nothing more is sent. */
export const UNCONFIRMED_LIMIT_BYTES = 64 * 1_048_576;
const CONFIRM_EVERY_BYTES = 1_048_576;
const MESSAGE_OVERHEAD_BYTES = 64;

export class UnconfirmedBytes {
  readonly #flush: () => Promise<void>;
  #total = 0;
  #unflushed = 0;
  #resets = 0;

  /** @param flush resolves when the server has processed everything that was sent before */
  constructor(flush: () => Promise<void>) {
    this.#flush = flush;
  }

  get total(): number {
    return this.#total;
  }

  get isFull(): boolean {
    return this.#total > UNCONFIRMED_LIMIT_BYTES;
  }

  /** Counts a message that is sent now. */
  add(payloadBytes: number): void {
    const bytes = payloadBytes + MESSAGE_OVERHEAD_BYTES;
    this.#total += bytes;
    this.#unflushed += bytes;
    if (this.#unflushed < CONFIRM_EVERY_BYTES) return;
    const confirmed = this.#unflushed;
    const during = this.#resets;
    this.#unflushed = 0;
    this.#flush().then(
      () => {
        if (during === this.#resets) this.#total -= confirmed;
      },
      () => undefined, // The link broke, which resets the count.
    );
  }

  /** The connection was lost, and everything on it. */
  reset(): void {
    this.#total = 0;
    this.#unflushed = 0;
    this.#resets += 1;
  }
}

/** Waiting times between tries: exponential with full jitter, within bounds. */
export class Backoff {
  readonly #minMs: number;
  readonly #maxMs: number;
  readonly #random: () => number;
  #ceilingMs: number;

  constructor(minMs: number, maxMs: number, random: () => number = Math.random) {
    this.#minMs = minMs;
    this.#maxMs = maxMs;
    this.#random = random;
    this.#ceilingMs = minMs;
  }

  /** The next wait: anywhere from the minimum up to a ceiling that doubles with each call. */
  nextMs(): number {
    const wait = this.#minMs + this.#random() * (this.#ceilingMs - this.#minMs);
    this.#ceilingMs = Math.min(this.#maxMs, this.#ceilingMs * 2);
    return wait;
  }

  reset(): void {
    this.#ceilingMs = this.#minMs;
  }
}

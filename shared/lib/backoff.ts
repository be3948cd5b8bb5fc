/** Waiting times: between attempts, and between repetitions. */

/** An interval that differs by up to a tenth, so that many processes don't act at the same moment. */
export function jittered(ms: number, random: () => number): number {
  return ms * (0.9 + 0.2 * random());
}

/** Between attempts: exponential backoff with full jitter, within bounds. */
export class Backoff {
  readonly #minMs: number;
  readonly #maxMs: number;
  readonly #random: () => number;
  readonly #firstCeilingMs: number;
  #ceilingMs: number;

  /** @param firstCeilingMs the longest that the first wait may be; by default it is the minimum */
  constructor(
    minMs: number,
    maxMs: number,
    random: () => number = Math.random,
    firstCeilingMs = minMs,
  ) {
    this.#minMs = minMs;
    this.#maxMs = maxMs;
    this.#random = random;
    this.#firstCeilingMs = firstCeilingMs;
    this.#ceilingMs = firstCeilingMs;
  }

  /** The next wait: anywhere from the minimum up to a ceiling that doubles with each call. */
  nextMs(): number {
    const wait = this.#minMs + this.#random() * (this.#ceilingMs - this.#minMs);
    this.#ceilingMs = Math.min(this.#maxMs, this.#ceilingMs * 2);
    return wait;
  }

  reset(): void {
    this.#ceilingMs = this.#firstCeilingMs;
  }
}

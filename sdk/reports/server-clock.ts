/**
 * Estimates a server's clock from round trips, as NTP does (RFC 5905, section 8): the server read its
 * clock between the request and the answer, so its time at the middle of the two is wrong by at most
 * half of the round trip, however the two ways differ. The client's side is a monotonic clock, so
 * whatever the viewer's own clock says doesn't matter.
 */

/** How fast two clocks may drift apart: what operating systems correct a clock by at most. */
const DRIFT = 500e-6;
/** The server's time is a whole number of milliseconds, rounded down. */
const HALF_GRAIN_MS = 0.5;
/** Browsers round their clock, some to a millisecond. */
const COARSE_MS = 1;

interface Sample {
  readonly sentAt: number;
  /** What to add to the client's clock. */
  readonly offset: number;
  readonly errorMs: number;
}

export class ServerClock {
  #best: Sample | undefined;

  get isKnown(): boolean {
    return this.#best !== undefined;
  }

  /**
   * Takes a round trip, unless a better one is known.
   * @param sentAt by the client's clock, as `receivedAt`
   * @param serverNow in whole milliseconds since 1970
   */
  take(sentAt: number, receivedAt: number, serverNow: number): void {
    const sample = {
      sentAt,
      offset: serverNow + HALF_GRAIN_MS - (sentAt + receivedAt) / 2,
      errorMs: (receivedAt - sentAt) / 2 + HALF_GRAIN_MS + COARSE_MS,
    };
    const known = this.errorMs(receivedAt);
    // Both are right, unless a clock was set, or stood still while the device slept.
    const mayBothBeRight =
      Math.abs(sample.offset - (this.#best?.offset ?? 0)) <= sample.errorMs + known;
    if (sample.errorMs <= known || !mayBothBeRight) this.#best = sample;
  }

  /** The server's time at a moment of the client's clock. @throws never; NaN before the first sample */
  at(moment: number): number {
    return moment + (this.#best?.offset ?? Number.NaN);
  }

  /** The most by which that may be wrong. */
  errorMs(moment: number): number {
    if (this.#best === undefined) return Infinity;
    return this.#best.errorMs + DRIFT * (moment - this.#best.sentAt);
  }
}

/**
 * How long a viewer waits between two frames of a video. The number of writes, not of events,
 * determines the CPU time, so the interval controls it: it widens when the event loop is busy and
 * narrows when the event loop has time again. For many viewers there is always one: twice as many
 * writes would cost twice as much, and nobody sees the difference.
 */

/** Above this share of busy time the interval widens; it aims at the target. */
const BUSY = 0.75;
const TARGET = 0.6;
/** Below this share it narrows. */
const IDLE = 0.45;
/** The first step when widening from zero, in milliseconds. */
const FIRST_STEP_MS = 5;
const NARROWING = 0.8;
/** An interval below this counts as none. */
const NONE_MS = 1;

export class FrameInterval {
  readonly #minMs: number;
  readonly #manyViewers: number;
  readonly #maxMs: number;
  readonly #room: () => number;
  #ms: number;

  /**
   * @param manyViewers so many viewers of a video make the minimum hold
   * @param room factor by which the maximum may be exceeded; more than 1 only in overload
   */
  constructor(minMs: number, maxMs: number, manyViewers = 0, room: () => number = () => 1) {
    this.#minMs = minMs;
    this.#manyViewers = manyViewers;
    this.#maxMs = maxMs;
    this.#room = room;
    this.#ms = manyViewers > 0 ? 0 : minMs;
  }

  /** That of a video with many viewers, in milliseconds. */
  get ms(): number {
    return Math.max(this.#minMs, this.#ms);
  }

  /** That of a video with so many viewers here. */
  msFor(viewers: number): number {
    return viewers >= this.#manyViewers ? this.ms : this.#ms;
  }

  /** The interval as a share of its normal maximum. */
  get stretch(): number {
    return this.ms / Math.max(this.#minMs, this.#maxMs);
  }

  /**
   * Takes one observation into account.
   * @param busy the share of time since the last call that the event loop was busy, 0 to 1
   */
  observe(busy: number): void {
    if (busy > BUSY) {
      // Writes become fewer as the interval grows, so this would bring the share to the target.
      const most = this.#maxMs * this.#room();
      this.#ms = Math.min(most, Math.max(FIRST_STEP_MS, (this.#ms * busy) / TARGET));
    } else if (busy < IDLE) {
      const narrower = this.#ms * NARROWING;
      const least = this.#manyViewers > 0 ? 0 : this.#minMs;
      this.#ms = Math.max(least, narrower < NONE_MS ? 0 : narrower);
    }
  }
}

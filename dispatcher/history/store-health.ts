/**
 * Sees to it that the stream of the history is there, and knows whether the history can be written.
 */

import type { HistoryStream } from "../../shared/bus/history-stream.ts";
import { Backoff } from "../../shared/lib/backoff.ts";
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";
import type { Log } from "../../shared/runtime/log.ts";

const RETRY_MIN_MS = 250;
const RETRY_MAX_MS = 5_000;
/** A store that failed is trusted again when nothing failed for so long. */
const CALM_MS = 5_000;

interface StoreHealthOptions {
  readonly stream: Pick<HistoryStream, "ensure">;
  readonly log: Log;
  readonly now: MonotonicClock;
  /** The stream is another one than before. */
  readonly onRemade: () => void;
}

export class StoreHealth {
  readonly #options: StoreHealthOptions;
  readonly #backoff = new Backoff(RETRY_MIN_MS, RETRY_MAX_MS);
  #isStopped = false;
  #isWritable = false;
  #timer: NodeJS.Timeout | undefined;
  #dueAt = 0;
  #isLooking = false;
  #epoch: string | undefined;
  /** Failed tries at the store, and how many of them were known at the last look. */
  #failures = 0;
  #failuresSeen = 0;

  constructor(options: StoreHealthOptions) {
    this.#options = options;
  }

  /** False from a failure until something is stored, or until the stream is there and all calm. */
  get isWritable(): boolean {
    return this.#isWritable;
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  /** Makes the stream if it isn't there, in the background and for as long as it takes. */
  look(): void {
    this.#lookIn(0);
  }

  /** Something was stored. */
  stored(): void {
    this.#setWritable();
  }

  /** A try at the store failed. */
  failed(error: unknown): void {
    this.#failures += 1;
    this.#setFailed(error);
    this.#lookIn(RETRY_MIN_MS);
  }

  #lookIn(ms: number): void {
    const dueAt = this.#options.now() + ms;
    if (this.#isStopped || (this.#timer !== undefined && this.#dueAt <= dueAt)) return;
    clearTimeout(this.#timer);
    this.#dueAt = dueAt;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#isLooking) this.#lookIn(RETRY_MIN_MS);
      else void this.#lookNow();
    }, ms);
  }

  async #lookNow(): Promise<void> {
    const failures = this.#failures;
    this.#isLooking = true;
    try {
      this.#found(await this.#options.stream.ensure());
      this.#backoff.reset();
      // That the stream is there does not mean that it takes what is stored.
      if (failures === this.#failuresSeen) this.#setWritable();
      else this.#lookIn(CALM_MS);
      this.#failuresSeen = failures;
    } catch (error) {
      this.#setFailed(error);
      this.#lookIn(this.#backoff.nextMs());
    } finally {
      this.#isLooking = false;
    }
  }

  #found(epoch: string): void {
    if (this.#epoch !== undefined && this.#epoch !== epoch) this.#options.onRemade();
    this.#epoch = epoch;
  }

  #setWritable(): void {
    if (this.#isWritable || this.#isStopped) return;
    this.#isWritable = true;
    this.#options.log.info("the history can be written");
  }

  #setFailed(error: unknown): void {
    if (this.#isWritable && !this.#isStopped) {
      this.#options.log.warn({ err: error }, "the history can't be written");
    }
    this.#isWritable = false;
  }
}

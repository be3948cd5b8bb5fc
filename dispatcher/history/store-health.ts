/**
 * Creates the history's stream if it doesn't exist, and knows whether the history can be written:
 * without traffic too, since it tries.
 */
import type { HistoryStream } from "../../shared/bus/history-stream.ts";
import { Backoff } from "../../shared/lib/backoff.ts";
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";
import type { Log } from "../../shared/runtime/log.ts";

const RETRY_MIN_MS = 250;
const RETRY_MAX_MS = 5_000;
/** A store that failed is trusted again when nothing failed for this long. */
const CALM_MS = 5_000;
/** Nothing was stored for this long: then it tries whether anything can be. */
const IDLE_MS = 4_000;
/** With the time between two, the truth is known within 10 s. */
const PROBE_TIMEOUT_MS = 4_000;

interface StoreHealthOptions {
  readonly stream: Pick<HistoryStream, "ensure" | "probe">;
  readonly log: Log;
  readonly now: MonotonicClock;
  /** The stream was recreated. */
  readonly onRecreated: () => void;
}

export class StoreHealth {
  readonly #options: StoreHealthOptions;
  readonly #backoff = new Backoff(RETRY_MIN_MS, RETRY_MAX_MS);
  #isStopped = false;
  #isWritable = false;
  #timer: NodeJS.Timeout | undefined;
  #probeAt = 0;
  #isProbing = false;
  #epoch: string | undefined;
  /** When something was stored last. */
  #storedAt = Number.NEGATIVE_INFINITY;
  /** The first probe only creates the stream. */
  #isFirst = true;
  /** Failed attempts to use the store, and how many of them there were at the last probe. */
  #failures = 0;
  #failuresSeen = 0;

  constructor(options: StoreHealthOptions) {
    this.#options = options;
  }

  /** False from a failure until something is stored, or the stream exists and nothing fails. */
  get isWritable(): boolean {
    return this.#isWritable;
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  /** Creates the stream if it doesn't exist, in the background and for as long as it takes. */
  probe(): void {
    this.#probeIn(0);
  }

  /** Something was stored. */
  stored(): void {
    this.#storedAt = this.#options.now();
    this.#setWritable();
  }

  /** An attempt to use the store failed. */
  failed(error: unknown): void {
    this.#failures += 1;
    this.#setFailed(error);
    this.#probeIn(RETRY_MIN_MS);
  }

  #probeIn(ms: number): void {
    const probeAt = this.#options.now() + ms;
    if (this.#isStopped || (this.#timer !== undefined && this.#probeAt <= probeAt)) return;
    clearTimeout(this.#timer);
    this.#probeAt = probeAt;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#isProbing) this.#probeIn(RETRY_MIN_MS);
      else void this.#probeNow();
    }, ms);
  }

  async #probeNow(): Promise<void> {
    const failures = this.#failures;
    this.#isProbing = true;
    try {
      const { stream, now } = this.#options;
      this.#found(await stream.ensure());
      // That the stream exists does not mean that appends succeed.
      const isIdle = now() - this.#storedAt >= IDLE_MS;
      if (!this.#isFirst && isIdle) await stream.probe(PROBE_TIMEOUT_MS);
      this.#isFirst = false;
      this.#backoff.reset();
      // That one succeeds does not mean that all do.
      if (failures === this.#failuresSeen) this.#setWritable();
      this.#probeIn(failures === this.#failuresSeen ? IDLE_MS : CALM_MS);
      this.#failuresSeen = failures;
    } catch (error) {
      this.#setFailed(error);
      this.#probeIn(this.#backoff.nextMs());
    } finally {
      this.#isProbing = false;
    }
  }

  #found(epoch: string): void {
    if (this.#epoch !== undefined && this.#epoch !== epoch) this.#options.onRecreated();
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

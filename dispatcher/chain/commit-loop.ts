/**
 * Carries out the work on one chain, one piece at a time and until none is left: again after a lost
 * race, and after a pause when the store fails.
 */
import { setTimeout as wait } from "node:timers/promises";
import { RevisionConflict } from "../../shared/bus/conflict.ts";
import { Backoff } from "../../shared/lib/backoff.ts";
import { asOvationError, type OvationError } from "../../shared/protocol/errors.ts";
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";
import type { Log } from "../../shared/runtime/log.ts";

const RETRY_MIN_MS = 10;
const RETRY_MAX_MS = 200;
/** After a conflict others write to the chain too, for about so long. */
const CONTENDED_MS = 1_000;

interface CommitLoopOptions {
  readonly log: Log;
  readonly now: MonotonicClock;
  readonly isConnected: () => boolean;
  /** The store failed. */
  readonly onFailure: (error: OvationError) => void;
  /** Drops what nobody waits for any more. Returns whether any work is left. */
  readonly dropSettled: () => boolean;
  /**
   * Carries out the next piece of work.
   * @throws RevisionConflict when another dispatcher was faster
   */
  readonly step: () => Promise<void>;
  /** Another dispatcher was faster: learns what it stored. */
  readonly catchUp: () => Promise<void>;
  /** Rejects and drops everything that waits. */
  readonly rejectAll: (error: OvationError) => void;
  /** Called after each step, whatever its outcome. */
  readonly onStepped?: () => void;
}

export class CommitLoop {
  readonly #options: CommitLoopOptions;
  readonly #backoff = new Backoff(RETRY_MIN_MS, RETRY_MAX_MS);
  #isRunning = false;
  #contendedUntil = Number.NEGATIVE_INFINITY;

  constructor(options: CommitLoopOptions) {
    this.#options = options;
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** Whether another dispatcher was faster a moment ago. */
  get isContended(): boolean {
    return this.#options.now() < this.#contendedUntil;
  }

  /** There is work. */
  start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    void this.#run();
  }

  async #run(): Promise<void> {
    const { dropSettled, onStepped } = this.#options;
    while (dropSettled()) {
      try {
        await this.#step();
        this.#backoff.reset();
      } catch (error) {
        await this.#failed(asOvationError(error));
      }
      onStepped?.();
    }
    // In the same turn of the event loop: work queued from now on must start it again.
    this.#isRunning = false;
  }

  async #step(): Promise<void> {
    const { step, catchUp, now } = this.#options;
    try {
      await step();
    } catch (error) {
      if (!(error instanceof RevisionConflict)) throw error;
      this.#contendedUntil = now() + CONTENDED_MS;
      await catchUp();
    }
  }

  async #failed(error: OvationError): Promise<void> {
    const { log, isConnected, onFailure, rejectAll } = this.#options;
    if (error.code === "internal" || error.kind.retry !== "same-id") {
      log.error({ err: error.cause ?? error }, "a commit failed");
      return rejectAll(error);
    }
    onFailure(error);
    // It may be stored all the same: the next attempt is bound to the message before it.
    if (isConnected()) await wait(this.#backoff.nextMs());
    else rejectAll(error);
  }
}

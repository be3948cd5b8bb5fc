/**
 * Limits what waits for the store: how many events at most, and for how long each. A job ends with
 * its outcome or at its deadline, whichever is first.
 */
import { type ErrorCode, OvationError } from "../../shared/protocol/errors.ts";
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";

interface PendingLimitOptions {
  readonly timeoutMs: number;
  /** Events that may wait. */
  readonly limit: number;
  readonly now: MonotonicClock;
  /** The error of a job at its deadline, and that of one for which there is no room. */
  readonly late: ErrorCode;
  readonly busy: ErrorCode;
}

export class Deferred<T> {
  readonly outcome: Promise<T>;
  /** How many events it stores. */
  readonly events: number;
  readonly deadline: number;
  #isSettled = false;
  readonly #settle: () => void;
  readonly #resolve: (value: T) => void;
  readonly #reject: (error: OvationError) => void;

  constructor(events: number, deadline: number, onSettled: (job: Deferred<T>) => void) {
    this.events = events;
    this.deadline = deadline;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.outcome = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#settle = () => {
      this.#isSettled = true;
      onSettled(this);
    };
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** Does nothing once the job has ended. */
  resolve(value: T): void {
    if (this.#isSettled) return;
    this.#settle();
    this.#resolve(value);
  }

  /** Does nothing once the job has ended. */
  reject(error: OvationError): void {
    if (this.#isSettled) return;
    this.#settle();
    this.#reject(error);
  }
}

type AnyDeferred = Pick<Deferred<unknown>, "deadline" | "events" | "reject">;

export class PendingLimit {
  readonly #options: PendingLimitOptions;
  /** In the order of their deadlines, since all have the same timeout. */
  readonly #jobs = new Set<AnyDeferred>();
  #events = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: PendingLimitOptions) {
    this.#options = options;
  }

  get events(): number {
    return this.#events;
  }

  /** @throws OvationError of the code `busy` */
  open<T>(events: number): Deferred<T> {
    const { limit, timeoutMs, now, busy } = this.#options;
    if (this.#events + events > limit) throw new OvationError(busy);
    const job = new Deferred<T>(events, now() + timeoutMs, (settled) => {
      this.#jobs.delete(settled);
      this.#events -= settled.events;
    });
    this.#jobs.add(job);
    this.#events += events;
    this.#timer ??= setTimeout(() => this.#expire(), timeoutMs);
    return job;
  }

  /** Rejects every job that waits. */
  rejectAll(error: OvationError): void {
    for (const job of [...this.#jobs]) job.reject(error);
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #expire(): void {
    this.#timer = undefined;
    const now = this.#options.now();
    for (const job of this.#jobs) {
      const leftMs = job.deadline - now;
      if (leftMs > 0) {
        this.#timer = setTimeout(() => this.#expire(), Math.ceil(leftMs));
        return;
      }
      job.reject(new OvationError(this.#options.late));
    }
  }
}

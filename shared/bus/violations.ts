/**
 * Permission violations. NATS reports them separately from the call, and the client silently drops
 * a message that was not permitted: so each violation is counted and logged here.
 */
import type { PermissionViolationError } from "nats";
import type { Log } from "../runtime/log.ts";

/** How long health warns after the last one. */
const RECENT_MS = 60_000;
/** A violation may come with every message: one log line per interval is enough. */
const LOG_EVERY_MS = 1_000;

/** A permission that NATS doesn't grant to the user that we logged in as. */
export class MissingRight extends Error {
  override readonly name = "MissingRight";
}

/** What {@link permitted} needs from a bus. */
interface Permitting {
  readonly violations: Violations;
  flush(): Promise<void>;
}

/**
 * Runs the work of a process's start, and fails as soon as NATS doesn't permit part of it.
 * @throws MissingRight naming what is not permitted
 */
export async function permitted<T>(bus: Permitting, work: () => Promise<T>): Promise<T> {
  const refused = Promise.withResolvers<never>();
  const unlisten = bus.violations.onEach(refused.reject);
  const done = async () => {
    const result = await work();
    // NATS reports violations before it confirms this flush.
    await bus.flush();
    return result;
  };
  try {
    return await Promise.race([done(), refused.promise]);
  } finally {
    unlisten();
  }
}

export class Violations {
  count = 0;
  readonly #log: Log;
  readonly #now: () => number;
  readonly #listeners = new Set<(missing: MissingRight) => void>();
  #loggedAt = Number.NEGATIVE_INFINITY;
  #recordedAt = Number.NEGATIVE_INFINITY;

  constructor(log: Log, now: () => number) {
    this.#log = log;
    this.#now = now;
  }

  /** Whether there was a violation recently. */
  get isRecent(): boolean {
    return this.#now() - this.#recordedAt < RECENT_MS;
  }

  record(violation: PermissionViolationError): void {
    this.count += 1;
    this.#recordedAt = this.#now();
    const { operation, subject, queue } = violation;
    const missing = new MissingRight(
      `NATS does not permit us to ${operation === "publish" ? "publish" : "subscribe"} to "${subject}"` +
        `${queue === undefined ? "" : ` in the queue group "${queue}"`}: see deploy/nats/ovation.conf for what each user needs`,
    );
    for (const listener of [...this.#listeners]) listener(missing);
    if (this.#now() - this.#loggedAt < LOG_EVERY_MS) return;
    this.#loggedAt = this.#now();
    this.#log.error({ operation, subject, queue, soFar: this.count }, missing.message);
  }

  /** @returns a function that stops listening */
  onEach(listener: (missing: MissingRight) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

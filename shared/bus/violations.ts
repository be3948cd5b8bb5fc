/**
 * What NATS did not permit. It says so apart from the act, and the client drops a message that was
 * not permitted without a word to whoever sent it: so each is counted and told here.
 */
import type { PermissionViolationError } from "nats";
import type { Log } from "../runtime/log.ts";

/** How long after the last one health warns of it. */
const RECENT_MS = 60_000;
/** One line of log is enough for what may come with every message. */
const LOG_EVERY_MS = 1_000;

/** A right that NATS doesn't give to the user that we logged in as. */
export class MissingRight extends Error {
  override readonly name = "MissingRight";
}

/** What {@link permitted} needs of a bus. */
interface Permitting {
  readonly violations: Violations;
  flush(): Promise<void>;
}

/**
 * Does what a start consists of, and gives up as soon as NATS doesn't permit a part of it.
 * @throws MissingRight naming what is not permitted
 */
export async function permitted<T>(bus: Permitting, work: () => Promise<T>): Promise<T> {
  const refused = Promise.withResolvers<never>();
  const unlisten = bus.violations.onEach(refused.reject);
  const done = async () => {
    const result = await work();
    // NATS tells what it did not permit before it confirms this.
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
  #notedAt = Number.NEGATIVE_INFINITY;

  constructor(log: Log, now: () => number) {
    this.#log = log;
    this.#now = now;
  }

  /** Whether something was not permitted of late. */
  get isRecent(): boolean {
    return this.#now() - this.#notedAt < RECENT_MS;
  }

  note(violation: PermissionViolationError): void {
    this.count += 1;
    this.#notedAt = this.#now();
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

  /** @returns how to stop listening */
  onEach(listener: (missing: MissingRight) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

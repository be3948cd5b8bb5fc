/**
 * What waits to be done with one chain, in its order: items to store, of which many go into one
 * record, and work that needs the chain to itself.
 */
import Denque from "denque";
import type { OvationError } from "../../shared/protocol/errors.ts";
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";
import type { Log } from "../../shared/runtime/log.ts";
import type { ChainReader, LinkedMessage, ReadableChain } from "./chain-reader.ts";
import { CommitLoop } from "./commit-loop.ts";
import type { Deferred } from "./pending-limit.ts";

type Job = Pick<Deferred<unknown>, "isSettled" | "reject">;

/** A part of a request; its job ends when all of the request is stored, or at its deadline. */
interface QueuedItem {
  readonly request: { readonly job: Job };
}

class ExclusiveWork {
  readonly job: Job;
  readonly work: () => Promise<void>;
  /** Called when it is done, or nobody waits for it any more. */
  readonly end: () => void;

  constructor(job: Job, work: () => Promise<void>, end: () => void) {
    this.job = job;
    this.work = work;
    this.end = end;
  }
}

interface ChainQueueOptions<Message extends LinkedMessage> {
  readonly chain: ReadableChain<Message>;
  readonly reader: ChainReader<Message>;
  readonly stats: { conflicts: number };
  readonly log: Log;
  readonly now: MonotonicClock;
  readonly isConnected: () => boolean;
  readonly onFailure: (error: OvationError) => void;
  /** Stores items at the head of the queue, and removes them. @throws RevisionConflict */
  readonly commit: () => Promise<void>;
  /** Called after each step, whatever its outcome. */
  readonly onStepped: () => void;
}

export class ChainQueue<Item extends QueuedItem, Message extends LinkedMessage> {
  readonly #options: ChainQueueOptions<Message>;
  readonly #loop: CommitLoop;
  readonly #entries = new Denque<Item | ExclusiveWork>();
  /** The chain's newest message before the step under way. */
  #sequence = 0;

  constructor(options: ChainQueueOptions<Message>) {
    this.#options = options;
    const { log, now, isConnected, onFailure, onStepped } = options;
    this.#loop = new CommitLoop({
      log,
      now,
      isConnected,
      onFailure,
      onStepped,
      dropSettled: () => this.#dropSettled(),
      step: () => this.#step(),
      catchUp: () => this.#catchUp(),
      rejectAll: (error) => this.#rejectAll(error),
    });
  }

  /** Whether something is under way. */
  get isRunning(): boolean {
    return this.#loop.isRunning;
  }

  get isEmpty(): boolean {
    return this.#entries.isEmpty();
  }

  /** Whether another dispatcher was faster a moment ago. */
  get isContended(): boolean {
    return this.#loop.isContended;
  }

  store(items: Iterable<Item>): void {
    for (const item of items) this.#entries.push(item);
    this.#loop.start();
  }

  /**
   * Runs `work` with the chain to itself once it is its turn; again when another dispatcher was
   * faster. Resolves when that is done, or when the job ended before.
   */
  runExclusive(job: Job, work: () => Promise<void>): Promise<void> {
    return new Promise((resolve) => {
      this.#entries.push(new ExclusiveWork(job, work, resolve));
      this.#loop.start();
    });
  }

  /** The items up to the next exclusive work. */
  *items(): Generator<Item> {
    for (let index = 0; ; index += 1) {
      const entry = this.#entries.peekAt(index);
      if (entry === undefined || entry instanceof ExclusiveWork) return;
      yield entry;
    }
  }

  /** Removes items from the head. @param back those of them that go on waiting, in their order */
  remove(count: number, back: readonly Item[] = []): void {
    this.#entries.remove(0, count);
    for (const item of back.toReversed()) this.#entries.unshift(item);
  }

  /** Deadlines end jobs in the queue's order. Returns whether any work is left. */
  #dropSettled(): boolean {
    let head = this.#entries.peekFront();
    for (; head !== undefined && jobOf(head).isSettled; head = this.#entries.peekFront()) {
      this.#drop(head);
    }
    return head !== undefined;
  }

  #drop(head: Item | ExclusiveWork): void {
    this.#entries.shift();
    if (head instanceof ExclusiveWork) head.end();
  }

  async #step(): Promise<void> {
    const { chain, reader, commit } = this.#options;
    if (chain.trust !== "sound") return await reader.refresh(chain);
    this.#sequence = chain.sequence;
    const head = this.#entries.peekFront();
    if (head instanceof ExclusiveWork) {
      await head.work();
      this.#drop(head);
    } else {
      await commit();
    }
  }

  async #catchUp(): Promise<void> {
    const { chain, reader, stats } = this.#options;
    stats.conflicts += 1;
    // The dispatcher that was faster may have sent us its record meanwhile.
    if (chain.sequence === this.#sequence) await reader.catchUp(chain);
  }

  #rejectAll(error: OvationError): void {
    for (
      let entry = this.#entries.peekFront();
      entry !== undefined;
      entry = this.#entries.peekFront()
    ) {
      jobOf(entry).reject(error);
      this.#drop(entry);
    }
  }
}

function jobOf(entry: QueuedItem | ExclusiveWork): Job {
  return entry instanceof ExclusiveWork ? entry.job : entry.request.job;
}

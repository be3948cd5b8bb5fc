/** Everything that changes one poll's chain here: while a record is in flight, votes wait. */
import { setTimeout as wait } from "node:timers/promises";
import type { OvationError } from "../../shared/protocol/errors.ts";
import {
  encodeVotes,
  encodeVotesRecord,
  NO_VOTES,
  type VotesRecord,
} from "../../shared/protocol/votes/record.ts";
import type { MonotonicClock, WallClock } from "../../shared/runtime/lifecycle.ts";
import type { Log } from "../../shared/runtime/log.ts";
import { ChainQueue } from "../chain/chain-queue.ts";
import type { ChainReader } from "../chain/chain-reader.ts";
import type { Deferred } from "../chain/pending-limit.ts";
import { PollChain, type PollMessage } from "./poll-chain.ts";
import type { VotesStats } from "./stats.ts";
import { planVotes, type WaitingVote } from "./vote-batch.ts";

/**
 * A busy poll gets a record so often from each dispatcher. Fewer records are read faster by a
 * dispatcher that starts, and cost less; a vote in a quiet poll waits for none.
 */
const RECORD_EVERY_MS = 20;
/**
 * While others store in the poll too, each waits for one record of another after its own, at most so
 * long: whoever has just stored one would win the next race as well, and the others would only lose.
 */
const TURN_MS = 50;
/** Others count as active for so long after their last record. */
const OTHERS_MS = 1_000;
/** The least pause, at most: it lets a dispatcher win that has just come. */
const YIELD_MS = 5;

/** What all writers share. */
export interface PollWriterOptions {
  readonly store: {
    readonly append: (
      key: string,
      payload: Uint8Array,
      after: number,
      timeoutMs: number,
    ) => Promise<number>;
  };
  readonly reader: ChainReader<PollMessage>;
  readonly stats: VotesStats;
  readonly log: Log;
  readonly now: WallClock;
  readonly clock: MonotonicClock;
  readonly random: () => number;
  /** The longest wait for one attempt. */
  readonly appendTimeoutMs: number;
  readonly isConnected: () => boolean;
  /** A record is stored: the other dispatchers should know of it. */
  readonly onStored: (writer: PollWriter, payload: Uint8Array, sequence: number) => void;
  readonly onFailure: (error: OvationError) => void;
  /** Nothing is under way any more. */
  readonly onIdle: (writer: PollWriter) => void;
}

/** What a record adds besides its place in the chain. */
type Addition = Pick<VotesRecord, "closesAt"> &
  Partial<Pick<VotesRecord, "votes" | "poll" | "final">>;

export class PollWriter {
  readonly chain: PollChain;
  readonly #options: PollWriterOptions;
  readonly #queue: ChainQueue<WaitingVote, PollMessage>;
  /** When another dispatcher's record came last, by the monotonic clock. */
  #othersAt = Number.NEGATIVE_INFINITY;
  /** Ends the wait for another dispatcher's record. */
  #endTurn: () => void = () => undefined;

  constructor(key: string, options: PollWriterOptions) {
    this.chain = new PollChain(key);
    this.#options = options;
    const { reader, stats, log, clock, isConnected, onFailure, onIdle } = options;
    this.#queue = new ChainQueue({
      chain: this.chain,
      reader,
      stats,
      log,
      now: clock,
      isConnected,
      onFailure,
      commit: () => this.#commit(),
      onStepped: () => {
        if (this.#queue.isEmpty) onIdle(this);
      },
    });
  }

  /** Whether nothing is under way, so that this writer may be dropped. */
  get isIdle(): boolean {
    return !this.#queue.isRunning;
  }

  /** Queues votes, and settles each. */
  cast(votes: readonly WaitingVote[]): void {
    this.#queue.store(votes);
  }

  /** Another dispatcher stored this. Returns whether the chain has it now. */
  observe(message: PollMessage): boolean {
    this.#othersAt = this.#options.clock();
    const isNext = this.chain.observe(message);
    this.#endTurn();
    return isNext;
  }

  /** As that of the queue. */
  async runExclusive(
    job: Pick<Deferred<unknown>, "isSettled" | "reject">,
    work: () => Promise<void>,
  ): Promise<void> {
    await this.#queue.runExclusive(job, work);
  }

  /**
   * Stores a record; only for the work of {@link runExclusive}.
   * @throws RevisionConflict when another dispatcher was faster
   * @throws OvationError votes_unavailable when it was not confirmed; it may still be stored
   */
  async append({ closesAt, votes = NO_VOTES, poll, final }: Addition): Promise<void> {
    const { store, now, clock, stats, appendTimeoutMs, onStored } = this.#options;
    const { chain } = this;
    const seq = chain.nextSeq(now());
    const record = { after: chain.sequence, prev: chain.seq, seq, closesAt, votes, poll, final };
    const payload = encodeVotesRecord(record);
    const begunAt = clock();
    const sequence = await store.append(chain.key, payload, chain.sequence, appendTimeoutMs);
    stats.appendSeconds.observe((clock() - begunAt) / 1_000);
    stats.records += 1;
    chain.learn({ sequence, record });
    onStored(this, payload, sequence);
  }

  async #commit(): Promise<void> {
    const { stats, now, clock } = this.#options;
    const { chain } = this;
    const { taken, answered, left } = planVotes(this.#queue.items(), chain, now());
    const begunAt = clock();
    if (taken.length > 0) {
      await this.append({
        closesAt: chain.poll?.closesAt ?? 0,
        votes: encodeVotes(taken.map(({ vote }) => vote)),
      });
    }
    stats.votes += taken.length;
    stats.recordVotes.observe(taken.length);
    this.#queue.remove(taken.length + answered.length + left.length, left);
    for (const { waiting, outcome } of answered) {
      if (outcome === undefined) stats.repeats += 1;
      waiting.request.settle(waiting.index, outcome);
    }
    for (const { request, index } of taken) request.settle(index, undefined);
    if (taken.length > 0) await this.#pause(begunAt);
  }

  /** @param begunAt when this dispatcher began to store its last record */
  async #pause(begunAt: number): Promise<void> {
    const { clock, random } = this.#options;
    if (this.#othersAt < begunAt && clock() - this.#othersAt < OTHERS_MS) {
      const others = new Promise<void>((resolve) => {
        this.#endTurn = resolve;
      });
      await Promise.race([others, wait(TURN_MS)]);
    }
    await wait(Math.max(random() * YIELD_MS, RECORD_EVERY_MS - (clock() - begunAt)));
  }
}

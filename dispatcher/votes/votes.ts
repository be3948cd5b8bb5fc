/**
 * The votes of all polls: each is stored before it is acknowledged, and one of each actor counts.
 * The tally is what the stored records add up to, so any dispatcher can go on.
 */
import type { Bus } from "../../shared/bus/connection.ts";
import type { VotesStream } from "../../shared/bus/votes-stream.ts";
import type { DispatcherConfig } from "../../shared/config/settings.ts";
import { OvationError } from "../../shared/protocol/errors.ts";
import {
  parseVotedSubject,
  pollKey,
  VOTED_SUBJECTS,
  votedSubject,
} from "../../shared/protocol/subjects.ts";
import type { PollInput, ShownPoll } from "../../shared/protocol/votes/poll.ts";
import { actorKey, storedVote } from "../../shared/protocol/votes/record.ts";
import type { Vote } from "../../shared/protocol/votes/vote.ts";
import { monotonicNow } from "../../shared/runtime/lifecycle.ts";
import type { Log } from "../../shared/runtime/log.ts";
import { ChainReader } from "../chain/chain-reader.ts";
import { type Deferred, PendingLimit } from "../chain/pending-limit.ts";
import { type PollMessage, readPollMessage } from "./poll-chain.ts";
import { changedPoll } from "./poll-change.ts";
import { PollKeeper } from "./poll-keeper.ts";
import type { PollWriter } from "./poll-writer.ts";
import { PollWriters } from "./poll-writers.ts";
import type { PollsState } from "./polls-state.ts";
import { emptyVotesStats } from "./stats.ts";
import { CastRequest, type VoteOutcome, type WaitingVote } from "./vote-batch.ts";

/** An attempt that hangs leaves time for another. */
const TRIES = 2;
/** From its creation to its end, a poll takes at most this share of the time that votes are kept. */
const OPEN_SHARE = 0.5;

/** A vote to count. */
export interface CastVote extends Vote {
  readonly actor: string;
  /** The event's: a repeat with the same id is counted once. */
  readonly id: string;
}

interface VotesOptions {
  readonly bus: Pick<Bus, "state" | "onState" | "publish" | "subscribe">;
  readonly stream: Pick<VotesStream, keyof VotesStream>;
  readonly config: Pick<
    DispatcherConfig,
    "storeTimeoutMs" | "storeQueueLimit" | "votesAgeMs" | "reconcileIntervalMs"
  >;
  readonly log: Log;
  readonly polls: Pick<PollsState, "requireRoom" | "show" | "end">;
}

export class Votes {
  readonly stats = emptyVotesStats();
  readonly #options: VotesOptions;
  readonly #pending: PendingLimit;
  readonly #reader: ChainReader<PollMessage>;
  readonly #writers: PollWriters;
  readonly #keeper: PollKeeper;
  #unlisten: (() => void)[] = [];
  #isStopped = false;

  constructor(options: VotesOptions) {
    const { bus, stream, config, log, polls } = options;
    this.#options = options;
    this.#pending = new PendingLimit({
      timeoutMs: config.storeTimeoutMs,
      limit: config.storeQueueLimit,
      now: monotonicNow,
      late: "votes_unavailable",
      busy: "overloaded",
    });
    this.#reader = new ChainReader({ store: stream, decode: readPollMessage });
    this.#writers = new PollWriters({
      store: stream,
      reader: this.#reader,
      stats: this.stats,
      log,
      now: Date.now,
      clock: monotonicNow,
      random: Math.random,
      appendTimeoutMs: config.storeTimeoutMs / TRIES,
      isConnected: () => bus.state === "connected" && !this.#isStopped,
      onStored: ({ chain }, payload, sequence) => {
        bus.publish(votedSubject(chain.key, sequence), payload);
        this.#keeper.stored(chain);
      },
      onFailure: (error) => {
        this.stats.failures += 1;
        log.debug({ err: error.cause }, "votes can't be stored");
      },
      onIdle: ({ chain }) => {
        // Names that are no poll's cost nothing for long.
        if (chain.trust === "sound" && chain.poll === undefined) this.#writers.drop(chain.key);
      },
    });
    this.#keeper = new PollKeeper({
      store: stream,
      writers: this.#writers,
      polls,
      now: Date.now,
      sweepMs: config.reconcileIntervalMs,
      log,
    });
  }

  /** Votes that wait for the store. */
  get waiting(): number {
    return this.#pending.events;
  }

  /** Polls that have not ended. */
  get openPolls(): number {
    return this.#keeper.openPolls;
  }

  /** Memory that the votes of all polls take here, in bytes. */
  get bytes(): number {
    return this.#writers.bytes;
  }

  start(): void {
    const { bus, stream } = this.#options;
    const others = bus.subscribe(VOTED_SUBJECTS, (payload, subject, _reply, isRelayed) => {
      // Dispatchers always send it directly: a relayed one is forged.
      const voted = isRelayed ? undefined : parseVotedSubject(subject);
      if (voted === undefined) return;
      const { key, sequence } = voted;
      this.#keeper.observe(key, { payload, sequence });
    });
    this.#unlisten = [
      () => others.unsubscribe(),
      bus.onState((state) => {
        this.#writers.doubtAll();
        if (state === "connected") this.#keeper.restart();
      }),
      stream.onRecreated(() => {
        this.#writers.doubtAll();
        this.#keeper.restart();
      }),
    ];
    this.#keeper.start();
  }

  /** Rejects everything that waits. */
  stop(): void {
    this.#isStopped = true;
    this.#keeper.stop();
    for (const unlisten of this.#unlisten.splice(0)) unlisten();
    this.#pending.rejectAll(new OvationError("votes_unavailable"));
  }

  /**
   * Counts votes: one of each actor in a poll.
   * @returns for each why it was refused, or undefined when it is stored
   * @throws OvationError overloaded, votes_unavailable
   */
  async cast(video: string, votes: readonly CastVote[]): Promise<VoteOutcome[]> {
    const request = new CastRequest(this.#pending.open<VoteOutcome[]>(votes.length));
    const byPoll = new Map<string, WaitingVote[]>();
    for (const [index, { poll, choice, actor, id }] of votes.entries()) {
      const key = actorKey(video, poll, actor);
      const waiting = { request, index, actor: key, vote: storedVote(key, id, choice) };
      const others = byPoll.get(poll);
      if (others === undefined) byPoll.set(poll, [waiting]);
      else others.push(waiting);
    }
    for (const [poll, waiting] of byPoll) this.#writers.of(pollKey(video, poll)).cast(waiting);
    return await request.job.outcome;
  }

  /**
   * Creates a poll, changes it, or ends it.
   * @returns the poll as viewers get it; they have been told
   * @throws OvationError poll_closed, polls_exceeded, field_invalid, overloaded,
   * votes_unavailable; and those of the state
   */
  async put(video: string, name: string, input: PollInput): Promise<ShownPoll> {
    await this.#options.polls.requireRoom(video, name);
    const job = this.#pending.open<ShownPoll>(1);
    const writer = this.#writers.of(pollKey(video, name));
    void writer.runExclusive(job, () => this.#put(writer, input, job));
    const shown = await job.outcome;
    await this.#options.polls.show(video, new Map([[name, shown]]));
    return shown;
  }

  /**
   * Erases the votes of all polls of a video.
   * @throws OvationError votes_unavailable
   */
  async erase(video: string): Promise<void> {
    await this.#options.stream.purge(video);
    this.forget(video);
  }

  /** The votes of a video were erased: what is known of them here is no longer so. */
  forget(video: string): void {
    this.#keeper.forget(video);
    this.#writers.forget(video);
  }

  async #put(writer: PollWriter, input: PollInput, job: Deferred<ShownPoll>): Promise<void> {
    const { chain } = writer;
    // A request that changes nothing is answered without a write, which would show what others have
    // stored since.
    await this.#reader.bringUpToDate(chain);
    const now = Date.now();
    const longestMs = this.#options.config.votesAgeMs * OPEN_SHARE;
    try {
      const poll = changedPoll(chain, input, now, longestMs);
      if (poll !== undefined) {
        const final = poll.closesAt > now ? undefined : finalOf(chain.votes, poll.choices.length);
        await writer.append({ closesAt: poll.closesAt, poll, final });
      }
      const shown = chain.shown();
      if (shown !== undefined) job.resolve(shown);
    } catch (error) {
      if (!(error instanceof OvationError) || error.code === "votes_unavailable") throw error;
      job.reject(error);
    }
  }
}

/** The votes of each choice, for as many choices as the poll has. */
function finalOf(votes: readonly number[], choices: number): number[] {
  return Array.from({ length: choices }, (_, choice) => votes[choice] ?? 0);
}

/**
 * What this dispatcher knows of one poll's chain: the poll, who voted for what, and how many votes
 * each choice has. It is what the records add up to, whoever stored them.
 */
import type { StoredMessage } from "../../shared/bus/stored-message.ts";
import {
  CHOICES_LIMIT,
  type ShownPoll,
  type StoredPoll,
} from "../../shared/protocol/votes/poll.ts";
import {
  decodeVotesRecord,
  type VotesRecord,
  votesIn,
} from "../../shared/protocol/votes/record.ts";
import type { ReadableChain } from "../chain/chain-reader.ts";
import { Trust, type TrustLevel } from "../chain/trust.ts";
import { type Cast, VoteTable } from "./vote-table.ts";

/** A decoded message of the votes' stream. */
export interface PollMessage {
  readonly sequence: number;
  /** Undefined when it isn't ours, or is of a later version. */
  readonly record: VotesRecord | undefined;
}

export function readPollMessage({
  payload,
  sequence,
}: Pick<StoredMessage, "payload" | "sequence">): PollMessage {
  return { sequence, record: decodeVotesRecord(payload) };
}

export class PollChain implements ReadableChain<PollMessage> {
  readonly key: string;
  readonly #trust = new Trust();
  #sequence = 0;
  #seq = 0;
  /** Also of records that the store has lost. */
  #highest = 0;
  #poll: StoredPoll | undefined;
  #final: readonly number[] | undefined;
  #table = new VoteTable();
  readonly #votes = new Float64Array(CHOICES_LIMIT);

  constructor(key: string) {
    this.key = key;
  }

  get trust(): TrustLevel {
    return this.#trust.level;
  }

  get sequence(): number {
    return this.#sequence;
  }

  /** `seq` of the newest record. */
  get seq(): number {
    return this.#seq;
  }

  /** Undefined when there is no such poll. */
  get poll(): StoredPoll | undefined {
    return this.#poll;
  }

  get isFinal(): boolean {
    return this.#final !== undefined;
  }

  /** How many actors have voted. */
  get total(): number {
    return this.#table.size;
  }

  /** How much memory it takes. */
  get bytes(): number {
    return this.#table.bytes;
  }

  /** The votes of each choice. */
  get votes(): number[] {
    return [...this.#votes.subarray(0, this.#poll?.choices.length ?? 0)];
  }

  /** What an actor has voted for. */
  castBy(high: number, low: number): Cast | undefined {
    return this.#table.get(high, low);
  }

  /** The poll as viewers get it; undefined when there is no such poll. */
  shown(): ShownPoll | undefined {
    const poll = this.#poll;
    if (poll === undefined) return undefined;
    const isHidden = poll.results === "end" && !this.isFinal;
    return {
      ...poll,
      closed: this.isFinal,
      total: this.total,
      ...(isHidden ? {} : { votes: this.votes }),
      seq: this.#seq,
    };
  }

  /** The `seq` of a next record: the time in microseconds, and above every known one. */
  nextSeq(nowMs: number): number {
    return Math.max(this.#highest + 1, Math.floor(nowMs) * 1_000);
  }

  doubt(): void {
    this.#trust.doubt();
  }

  async sync(read: () => Promise<void>): Promise<void> {
    await this.#trust.sync(read);
  }

  /**
   * Takes in a record that another dispatcher stored, if it is the very next: that saves a failed
   * append to learn of it. Any other is left to a read of the store.
   * @returns whether it did
   */
  observe(message: PollMessage): boolean {
    if (!this.#trust.canObserve || !this.isNext(message)) return false;
    this.learn(message);
    return true;
  }

  restart(): void {
    this.#trust.reset();
    this.#sequence = 0;
    this.#seq = 0;
    this.#poll = undefined;
    this.#final = undefined;
    this.#table = new VoteTable();
    this.#votes.fill(0);
  }

  isNext({ record }: PollMessage): boolean {
    return record !== undefined && record.after === this.#sequence && record.prev === this.#seq;
  }

  isNewest({ sequence, record }: PollMessage): boolean {
    return sequence === this.#sequence && (record === undefined || record.seq === this.#seq);
  }

  absorb(message: PollMessage): boolean {
    if (message.record !== undefined && !this.isNext(message)) return false;
    this.learn(message);
    return true;
  }

  learn({ sequence, record }: PollMessage): void {
    this.#sequence = sequence;
    if (record === undefined) return;
    this.#seq = record.seq;
    this.#highest = Math.max(this.#highest, record.seq);
    this.#poll = record.poll ?? this.#poll;
    this.#final = record.final ?? this.#final;
    for (const vote of votesIn(record.votes)) {
      const before = this.#table.set(vote);
      if (before !== undefined) this.#add(before, -1);
      this.#add(vote.choice, 1);
    }
  }

  #add(choice: number, votes: number): void {
    this.#votes[choice] = (this.#votes[choice] ?? 0) + votes;
  }
}

/** The JetStream stream that holds the votes of every poll, in Ovation's terms. */
import { DiscardPolicy, StorageType, type StreamConfig } from "@nats-io/jetstream";
import { nanos } from "nats";
import type { CommonConfig } from "../config/settings.ts";
import {
  keyOfVotesSubject,
  VOTES_STREAM,
  VOTES_SUBJECTS,
  votesSubject,
  votesSubjectsOf,
} from "../protocol/subjects.ts";
import type { Bus } from "./connection.ts";
import { ensureStream } from "./ensure-stream.ts";
import type { StoredMessage } from "./stored-message.ts";
import { SubjectStream } from "./subject-stream.ts";

type Limits = Pick<CommonConfig, "historyReplicas" | "votesAgeMs" | "votesTotalBytes">;

/** The configuration that the stream is created with. */
export function votesStreamConfig(limits: Limits): Partial<StreamConfig> & { name: string } {
  return {
    name: VOTES_STREAM,
    description: "Ovation: the votes of each poll, by ov.votes.<video>.<poll>",
    subjects: [VOTES_SUBJECTS],
    storage: StorageType.File,
    num_replicas: limits.historyReplicas,
    max_age: nanos(limits.votesAgeMs),
    max_bytes: limits.votesTotalBytes,
    // A vote that was acknowledged is never dropped to make room.
    discard: DiscardPolicy.New,
    allow_direct: true,
  };
}

export class VotesStream {
  readonly name = VOTES_STREAM;
  readonly #limits: Limits;
  readonly #subjects: SubjectStream;

  constructor(bus: Bus, limits: Limits) {
    this.#limits = limits;
    this.#subjects = new SubjectStream(bus, VOTES_STREAM, "votes_unavailable");
  }

  /**
   * Creates the stream if it doesn't exist, as only dispatchers may. An existing one is used as it
   * is.
   */
  async ensure(): Promise<void> {
    const expected = votesStreamConfig(this.#limits);
    await this.#subjects.manage((manager) => ensureStream(manager, expected));
  }

  /**
   * Calls `listener` when somebody creates or deletes the stream.
   * @returns a function that stops listening
   */
  onRecreated(listener: () => void): () => void {
    return this.#subjects.onRecreated(listener);
  }

  // A poll's key is that of shared/protocol/subjects.ts.

  /**
   * Stores a record, only if the poll's newest message has sequence `after` (0: only if it has
   * none).
   * @returns the record's sequence in the stream
   * @throws RevisionConflict when the newest message is another one
   * @throws OvationError votes_unavailable when it was not confirmed; it may still be stored
   */
  async append(
    key: string,
    payload: Uint8Array,
    after: number,
    timeoutMs: number,
  ): Promise<number> {
    return await this.#subjects.append(votesSubject(key), payload, after, timeoutMs);
  }

  /**
   * The poll's newest message, from the stream's leader.
   * @throws OvationError votes_unavailable
   */
  async last(key: string): Promise<StoredMessage | undefined> {
    return await this.#subjects.last(votesSubject(key));
  }

  /**
   * The poll's first message from `sequence` on.
   * @throws OvationError votes_unavailable
   */
  async next(key: string, sequence: number): Promise<StoredMessage | undefined> {
    return await this.#subjects.next(votesSubject(key), sequence);
  }

  /**
   * The poll's stored messages, oldest first.
   * @throws OvationError votes_unavailable
   */
  async read(key: string): Promise<StoredMessage[]> {
    return await this.#subjects.read(votesSubject(key));
  }

  /**
   * The keys of the polls that have messages.
   * @throws OvationError votes_unavailable
   */
  async keys(): Promise<string[]> {
    const info = await this.#subjects.attempt((manager) =>
      manager.streams.info(VOTES_STREAM, { subjects_filter: VOTES_SUBJECTS }),
    );
    return Object.keys(info.state.subjects ?? {})
      .map(keyOfVotesSubject)
      .filter((key) => key !== undefined);
  }

  /**
   * Erases all polls of a video.
   * @throws OvationError votes_unavailable
   */
  async purge(video: string): Promise<void> {
    await this.#subjects.purge(votesSubjectsOf(video));
  }
}

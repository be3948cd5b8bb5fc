/** A JetStream stream whose subjects are chains: each append names the message that it follows. */
import type { JetStreamManager, StoredMsg } from "@nats-io/jetstream";
import { type ErrorCode, OvationError } from "../protocol/errors.ts";
import { RevisionConflict } from "./conflict.ts";
import type { Bus } from "./connection.ts";
import { readSubject } from "./read-subject.ts";
import { storeMessage } from "./store-message.ts";
import type { StoredMessage } from "./stored-message.ts";
import { StreamAccess } from "./stream-access.ts";

function messageOf(message: StoredMsg | null): StoredMessage | undefined {
  if (message === null) return undefined;
  return { payload: message.data, sequence: message.seq, storedAt: message.time.getTime() };
}

export class SubjectStream {
  readonly name: string;
  readonly #bus: Bus;
  readonly #unavailable: ErrorCode;
  readonly #access: StreamAccess;

  /** @param unavailable the code of the error when the stream can't be used */
  constructor(bus: Bus, name: string, unavailable: ErrorCode) {
    this.#bus = bus;
    this.name = name;
    this.#unavailable = unavailable;
    this.#access = new StreamAccess(bus, name);
  }

  /**
   * Stores a message, only if the subject's newest one has sequence `after` (0: only if it has
   * none).
   * @returns the message's sequence in the stream
   * @throws RevisionConflict when the newest message is another one
   * @throws OvationError that it is unavailable when it was not confirmed; it may still be stored
   */
  async append(
    subject: string,
    payload: Uint8Array,
    after: number,
    timeoutMs: number,
  ): Promise<number> {
    try {
      return await storeMessage(this.#bus, subject, payload, { after, timeoutMs });
    } catch (error) {
      throw error instanceof RevisionConflict ? error : this.#asUnavailable(error);
    }
  }

  /**
   * Stores a message whatever is stored already.
   * @returns its sequence in the stream
   * @throws OvationError that it is unavailable
   */
  async store(subject: string, payload: Uint8Array, timeoutMs: number): Promise<number> {
    try {
      return await storeMessage(this.#bus, subject, payload, { timeoutMs });
    } catch (error) {
      throw this.#asUnavailable(error);
    }
  }

  /**
   * The subject's newest message, from the stream's leader.
   * @throws OvationError that it is unavailable
   */
  async last(subject: string): Promise<StoredMessage | undefined> {
    return await this.attempt(async (manager) =>
      messageOf(await manager.streams.getMessage(this.name, { last_by_subj: subject })),
    );
  }

  /**
   * The subject's first message from `sequence` on.
   * @throws OvationError that it is unavailable
   */
  async next(subject: string, sequence: number): Promise<StoredMessage | undefined> {
    // The client's types have `next_by_subj` only for direct reads, which may lag the leader.
    const request = { seq: sequence, next_by_subj: subject };
    return await this.attempt(async (manager) =>
      messageOf(await manager.streams.getMessage(this.name, request)),
    );
  }

  /**
   * The subject's stored messages, oldest first.
   * @param since only those stored at or after it, in milliseconds since 1970 by the server's clock
   * @throws OvationError that it is unavailable
   */
  async read(subject: string, since?: number): Promise<StoredMessage[]> {
    return await readSubject(
      {
        last: () => this.last(subject),
        next: (sequence) => this.next(subject, sequence),
      },
      since,
    );
  }

  /**
   * Removes the messages of a subject, or of all that match it.
   * @param before only those before this sequence
   * @throws OvationError that it is unavailable
   */
  async purge(subject: string, before?: number): Promise<void> {
    const range = before === undefined ? {} : { seq: before };
    await this.attempt((manager) =>
      manager.streams.purge(this.name, { filter: subject, ...range }),
    );
  }

  /**
   * Does something else with what the stream holds.
   * @throws OvationError that it is unavailable
   */
  async attempt<T>(work: (manager: JetStreamManager) => Promise<T>): Promise<T> {
    try {
      return await this.#access.use(work);
    } catch (error) {
      throw this.#asUnavailable(error);
    }
  }

  /**
   * Creates the stream, or looks whether it exists.
   * @throws OvationError that it is unavailable
   */
  async manage<T>(work: (manager: JetStreamManager) => Promise<T>): Promise<T> {
    try {
      return await this.#access.manage(work);
    } catch (error) {
      throw this.#asUnavailable(error);
    }
  }

  /**
   * Calls `listener` when somebody creates or deletes the stream.
   * @returns a function that stops listening
   */
  onRecreated(listener: () => void): () => void {
    return this.#access.onRecreated(listener);
  }

  #asUnavailable(cause: unknown): OvationError {
    if (cause instanceof OvationError && cause.code === this.#unavailable) return cause;
    return new OvationError(this.#unavailable, undefined, { cause });
  }
}

/**
 * Reads a stream forwards by sequence, message by message: a consumer would need rights that reach
 * further. The reader keeps the position, so nothing in NATS grows with the number of readers.
 */
import { JetStreamApiError, type JetStreamManager, type StoredMsg } from "@nats-io/jetstream";
import { bucketEntryOf } from "./bucket-entry.ts";
import type { Bus } from "./connection.ts";
import type { StoredMessage } from "./stored-message.ts";
import { StreamAccess } from "./stream-access.ts";

/** How many messages are asked for at once at first, and by what it grows while there are more. */
const FIRST_WIDTH = 2;
const WIDTH_FACTOR = 4;

/** A message of any subject of a stream. */
export interface ReadMessage extends StoredMessage {
  readonly subject: string;
  /** Whether it is the delete marker of a bucket's key. */
  readonly isRemoval: boolean;
}

export interface StreamExtent {
  /** Identifies this incarnation of the stream: it changes when the stream is created again. */
  readonly epoch: string;
  /** Of the messages that it has; `first` is above `last` when it has none. */
  readonly first: number;
  readonly last: number;
}

export class StreamReader {
  readonly name: string;
  readonly #subjects: string;
  readonly #access: StreamAccess;

  /** @param subjects all of the stream's */
  constructor(bus: Bus, name: string, subjects: string) {
    this.name = name;
    this.#subjects = subjects;
    this.#access = new StreamAccess(bus, name);
  }

  /** @throws Error of the client; OvationError unavailable, timeout */
  async extent(): Promise<StreamExtent> {
    return await this.#access.use(async (manager) => {
      const { created, state } = await manager.streams.info(this.name);
      const epoch = Date.parse(String(created)).toString(36);
      return { epoch, first: state.first_seq, last: state.last_seq };
    });
  }

  /** The subjects that match `filter` and have messages. */
  async subjects(filter: string): Promise<readonly string[]> {
    return await this.#access.use(async (manager) => {
      const { state } = await manager.streams.info(this.name, { subjects_filter: filter });
      return Object.keys(state.subjects ?? {});
    });
  }

  /** How many messages each subject has. */
  async counts(): Promise<ReadonlyMap<string, number>> {
    return await this.#access.use(async (manager) => {
      const { state } = await manager.streams.info(this.name, { subjects_filter: this.#subjects });
      return new Map(Object.entries(state.subjects ?? {}));
    });
  }

  /** The first message from `sequence` on. @param subjects only of these; by default of all */
  async next(sequence: number, subjects = this.#subjects): Promise<ReadMessage | undefined> {
    const request = { seq: Math.max(1, sequence), next_by_subj: subjects };
    return await this.#get((manager) => manager.streams.getMessage(this.name, request));
  }

  /** The newest message of a subject. */
  async last(subject: string): Promise<ReadMessage | undefined> {
    const request = { last_by_subj: subject };
    return await this.#get((manager) => manager.streams.getMessage(this.name, request));
  }

  /** Whether there is a message with this sequence. */
  async has(sequence: number): Promise<boolean> {
    return (await this.next(sequence))?.sequence === sequence;
  }

  /** The messages from `sequence` on, oldest first, in parts, until the newest one. */
  async *from(sequence: number, widest: number): AsyncGenerator<readonly ReadMessage[]> {
    let [at, width] = [sequence, 1];
    for (;;) {
      const starts = Array.from({ length: width }, (_, index) => at + index);
      const found = new Map<number, ReadMessage>();
      for (const message of await Promise.all(starts.map((start) => this.next(start)))) {
        // What a later request found may have been stored after this one: there may be more before.
        if (message === undefined) break;
        found.set(message.sequence, message);
      }
      const messages = [...found.values()].sort((one, other) => one.sequence - other.sequence);
      const newest = messages.at(-1);
      if (newest === undefined) return;
      yield messages;
      at = newest.sequence + 1;
      width = width === 1 ? FIRST_WIDTH : Math.min(widest, width * WIDTH_FACTOR);
    }
  }

  /** The sequence from which on messages were stored at or after `time`, in ms since 1970. */
  async sequenceAt(time: number): Promise<number> {
    const { first, last } = await this.extent();
    let [low, high] = [first, last + 1];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const message = await this.next(middle);
      if (message === undefined || message.storedAt >= time) high = middle;
      else low = message.sequence + 1;
    }
    return low;
  }

  /** Removes one message, if it is there. */
  async remove(sequence: number): Promise<void> {
    await this.#delete(sequence, false);
  }

  /** Removes one message, if it is there, and overwrites its bytes in the store. */
  async erase(sequence: number): Promise<void> {
    await this.#delete(sequence, true);
  }

  async #delete(sequence: number, isOverwritten: boolean): Promise<void> {
    await this.#access.use(async (manager) => {
      try {
        await manager.streams.deleteMessage(this.name, sequence, isOverwritten);
      } catch (error) {
        if (!(error instanceof JetStreamApiError)) throw error;
      }
    });
  }

  /** Removes all messages of the subjects that match `filter`. */
  async purge(filter: string): Promise<void> {
    await this.#access.use((manager) => manager.streams.purge(this.name, { filter }));
  }

  /** Calls `listener` when somebody creates or deletes the stream; returns a function that stops. */
  onRecreated(listener: () => void): () => void {
    return this.#access.onRecreated(listener);
  }

  async #get(
    read: (manager: JetStreamManager) => Promise<StoredMsg | null>,
  ): Promise<ReadMessage | undefined> {
    const message = await this.#access.use(read);
    if (message === null) return undefined;
    const { subject, header, data, seq, time } = message;
    const { value } = bucketEntryOf(subject, header, data, seq);
    return {
      subject,
      payload: data,
      sequence: seq,
      storedAt: time.getTime(),
      isRemoval: value === undefined,
    };
  }
}

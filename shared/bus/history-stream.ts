/** The JetStream stream that holds the durable events of all videos, in Ovation's terms. */
import { setTimeout as wait } from "node:timers/promises";
import {
  DiscardPolicy,
  type JetStreamManager,
  jetstream,
  StorageType,
  type StoredMsg,
  type StreamConfig,
  type StreamInfo,
} from "@nats-io/jetstream";
import { nanos } from "nats";
import type { CommonConfig } from "../config/settings.ts";
import { OvationError } from "../protocol/errors.ts";
import { HISTORY_STREAM, HISTORY_SUBJECTS, historySubject } from "../protocol/subjects.ts";
import { monotonicNow } from "../runtime/lifecycle.ts";
import type { Log } from "../runtime/log.ts";
import { asConflict, RevisionConflict } from "./conflict.ts";
import type { Bus } from "./connection.ts";
import { differencesOf, ensureStream } from "./ensure-stream.ts";
import { managerOf } from "./jetstream-manager.ts";
import { readSubject } from "./read-subject.ts";
import type { StoredMessage } from "./stored-message.ts";

const OPERATION_TIMEOUT_MS = 2_000;
/**
 * nats-server 2.9 confirms that a stream is deleted before its files are gone, and deletes those of
 * a new stream with them: then nothing can be stored until that stream is deleted again.
 */
const RECREATE_AFTER_MS = 250;

type Limits = Pick<
  CommonConfig,
  "historyReplicas" | "historyEvents" | "historyAgeMs" | "historyTotalBytes"
>;

/** The configuration that the stream is created with. */
export function streamConfig(limits: Limits): Partial<StreamConfig> & { name: string } {
  return {
    name: HISTORY_STREAM,
    description: "Ovation: the durable events of each video, by ov.history.<video>",
    subjects: [HISTORY_SUBJECTS],
    storage: StorageType.File,
    num_replicas: limits.historyReplicas,
    // A message holds at least one event, so this keeps at least as many events as configured.
    max_msgs_per_subject: limits.historyEvents,
    max_age: nanos(limits.historyAgeMs),
    max_bytes: limits.historyTotalBytes,
    discard: DiscardPolicy.Old,
    allow_direct: true,
  };
}

/** Settings of an existing stream that are compared with ours. */
const COMPARED = [
  "storage",
  "num_replicas",
  "max_msgs_per_subject",
  "max_age",
  "max_bytes",
  "discard",
] as const satisfies readonly (keyof StreamConfig)[];

function messageOf(message: StoredMsg | null): StoredMessage | undefined {
  if (message === null) return undefined;
  return { payload: message.data, sequence: message.seq, storedAt: message.time.getTime() };
}

function epochOf({ created }: Pick<StreamInfo, "created">): string {
  return Date.parse(String(created)).toString(36);
}

function asUnavailable(error: unknown): OvationError {
  return new OvationError("history_unavailable", undefined, { cause: error });
}

export class HistoryStream {
  readonly #bus: Bus;
  readonly #limits: Limits;
  readonly #log: Log;
  /** Differing values that were logged: `ensure` may be called often. */
  readonly #logged = new Map<string, unknown>();
  #recreatedAt = Number.NEGATIVE_INFINITY;
  #manager: Promise<JetStreamManager> | undefined;

  constructor(bus: Bus, limits: Limits, log: Log) {
    this.#bus = bus;
    this.#limits = limits;
    this.#log = log;
  }

  /**
   * The epoch, as {@link ensure} returns it.
   * @throws OvationError history_unavailable, also when there is no stream
   */
  async epoch(): Promise<string> {
    return await this.#attempt(async (manager) =>
      epochOf(await manager.streams.info(HISTORY_STREAM)),
    );
  }

  /**
   * Creates the stream if it doesn't exist, as only dispatchers may. An existing one is used as it
   * is; settings that differ from ours are logged.
   * @returns the epoch: it identifies this incarnation of the stream; another has another history
   * @throws OvationError history_unavailable
   */
  async ensure(): Promise<string> {
    return await this.#attempt(async (manager) => {
      const expected = streamConfig(this.#limits);
      const info = await ensureStream(
        manager,
        expected,
        async () => await wait(Math.max(0, this.#recreatedAt + RECREATE_AFTER_MS - monotonicNow())),
      );
      for (const difference of differencesOf(info.config, expected, COMPARED)) {
        const { setting, is } = difference;
        if (this.#logged.get(setting) === is) continue;
        this.#logged.set(setting, is);
        this.#log.warn(difference, "history differs from its settings");
      }
      return epochOf(info);
    });
  }

  /**
   * Calls `listener` when somebody creates or deletes the stream.
   * @returns a function that stops listening
   */
  onRecreated(listener: () => void): () => void {
    return this.#bus.onStream(["CREATED", "DELETED"], HISTORY_STREAM, () => {
      this.#recreatedAt = monotonicNow();
      listener();
    });
  }

  /**
   * Stores a record, only if the video's newest message has sequence `after` (0: only if it has
   * none).
   * @returns the record's sequence in the stream
   * @throws RevisionConflict when the newest message is another one
   * @throws OvationError history_unavailable when it was not confirmed; it may still be stored
   */
  async append(
    video: string,
    payload: Uint8Array,
    after: number,
    timeoutMs: number,
  ): Promise<number> {
    try {
      return await this.#bus.whileConnected(async () => {
        const { seq } = await jetstream(this.#bus.connection).publish(
          historySubject(video),
          payload,
          { expect: { lastSubjectSequence: after }, timeout: timeoutMs },
        );
        return seq;
      });
    } catch (error) {
      const conflict = asConflict(error);
      throw conflict instanceof RevisionConflict ? conflict : asUnavailable(error);
    }
  }

  /**
   * The video's newest message, from the stream's leader.
   * @throws OvationError history_unavailable
   */
  async last(video: string): Promise<StoredMessage | undefined> {
    return await this.#attempt(async (manager) =>
      messageOf(
        await manager.streams.getMessage(HISTORY_STREAM, { last_by_subj: historySubject(video) }),
      ),
    );
  }

  /**
   * The video's first message from `sequence` on.
   * @throws OvationError history_unavailable
   */
  async next(video: string, sequence: number): Promise<StoredMessage | undefined> {
    // The client's types have `next_by_subj` only for direct reads, which may lag the leader.
    const request = { seq: sequence, next_by_subj: historySubject(video) };
    return await this.#attempt(async (manager) =>
      messageOf(await manager.streams.getMessage(HISTORY_STREAM, request)),
    );
  }

  /**
   * The video's stored messages, oldest first.
   * @param since only those stored at or after it, in milliseconds since 1970 by the server's clock
   * @throws OvationError history_unavailable
   */
  async read(video: string, since?: number): Promise<StoredMessage[]> {
    return await readSubject(
      {
        last: () => this.last(video),
        next: (sequence) => this.next(video, sequence),
      },
      since,
    );
  }

  /**
   * Deletes a message and overwrites its bytes in the store; does nothing when it is gone.
   * @throws OvationError history_unavailable
   */
  async erase(sequence: number): Promise<void> {
    await this.#attempt(async (manager) => {
      const isThere = async () =>
        (await manager.streams.getMessage(HISTORY_STREAM, { seq: sequence })) !== null;
      if (!(await isThere())) return;
      try {
        await manager.streams.deleteMessage(HISTORY_STREAM, sequence, true);
      } catch (error) {
        // Somebody else may have erased it meanwhile.
        if (await isThere()) throw error;
      }
    });
  }

  /**
   * Removes the video's messages before `sequence`.
   * @throws OvationError history_unavailable
   */
  async trim(video: string, sequence: number): Promise<void> {
    await this.#attempt((manager) =>
      manager.streams.purge(HISTORY_STREAM, { filter: historySubject(video), seq: sequence }),
    );
  }

  async #attempt<T>(work: (manager: JetStreamManager) => Promise<T>): Promise<T> {
    try {
      return await this.#bus.whileConnected(async () => await work(await this.#open()));
    } catch (error) {
      throw error instanceof OvationError && error.code === "history_unavailable"
        ? error
        : asUnavailable(error);
    }
  }

  #open(): Promise<JetStreamManager> {
    this.#manager ??= managerOf(this.#bus, OPERATION_TIMEOUT_MS);
    return this.#manager;
  }
}

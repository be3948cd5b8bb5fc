/** The JetStream stream that holds the durable events of all videos, in Ovation's terms. */
import { setTimeout as wait } from "node:timers/promises";
import { DiscardPolicy, StorageType, type StreamConfig, type StreamInfo } from "@nats-io/jetstream";
import type { CommonConfig } from "../config/settings.ts";
import { isVideoId } from "../protocol/names.ts";
import {
  HISTORY_STREAM,
  HISTORY_SUBJECTS,
  historySubject,
  NO_VIDEO,
} from "../protocol/subjects.ts";
import { monotonicNow } from "../runtime/lifecycle.ts";
import type { Bus } from "./connection.ts";
import { ensureStream } from "./ensure-stream.ts";
import { maxAge } from "./max-age.ts";
import type { StoredMessage } from "./stored-message.ts";
import { SubjectStream } from "./subject-stream.ts";

/**
 * nats-server 2.9 confirms that a stream is deleted before its files are gone, and deletes those of
 * a new stream with them: then nothing can be stored until that stream is deleted again.
 */
const RECREATE_AFTER_MS = 250;

const NANOS_OF_MS = 1_000_000;
const EMPTY = new Uint8Array();

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
    max_age: maxAge(limits.historyAgeMs),
    max_bytes: limits.historyTotalBytes,
    discard: DiscardPolicy.Old,
    allow_direct: true,
  };
}

function epochOf({ created }: Pick<StreamInfo, "created">): string {
  return Date.parse(String(created)).toString(36);
}

export class HistoryStream {
  readonly #limits: Limits;
  #keptMs = Number.POSITIVE_INFINITY;
  #recreatedAt = Number.NEGATIVE_INFINITY;
  readonly #subjects: SubjectStream;

  constructor(bus: Bus, limits: Limits) {
    this.#subjects = new SubjectStream(bus, HISTORY_STREAM, "history_unavailable");
    this.#limits = limits;
  }

  /**
   * How long the stream keeps an event, in milliseconds, when it was last looked at: it may be less
   * than the settings say.
   */
  get keptMs(): number {
    return this.#keptMs;
  }

  /**
   * The epoch, as {@link ensure} returns it.
   * @throws OvationError history_unavailable, also when there is no stream
   */
  async epoch(): Promise<string> {
    return await this.#subjects.attempt(async (manager) =>
      this.#read(await manager.streams.info(HISTORY_STREAM)),
    );
  }

  /**
   * Creates the stream if it doesn't exist, as only dispatchers may. An existing one is used as it
   * is.
   * @returns the epoch: it identifies this incarnation of the stream; another has another history
   * @throws OvationError history_unavailable
   */
  async ensure(): Promise<string> {
    return await this.#subjects.manage(async (manager) => {
      const expected = streamConfig(this.#limits);
      const info = await ensureStream(
        manager,
        expected,
        async () => await wait(Math.max(0, this.#recreatedAt + RECREATE_AFTER_MS - monotonicNow())),
      );
      return this.#read(info);
    });
  }

  /**
   * Calls `listener` when somebody creates or deletes the stream.
   * @returns a function that stops listening
   */
  onRecreated(listener: () => void): () => void {
    return this.#subjects.onRecreated(() => {
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
    return await this.#subjects.append(historySubject(video), payload, after, timeoutMs);
  }

  /**
   * Finds out whether anything can be stored: stores an empty message that belongs to no video, and
   * deletes it.
   * @throws OvationError history_unavailable
   */
  async probe(timeoutMs: number): Promise<void> {
    const sequence = await this.#subjects.store(historySubject(NO_VIDEO), EMPTY, timeoutMs);
    // One that is left over expires, as everything does.
    await this.#subjects
      .attempt((manager) => manager.streams.deleteMessage(HISTORY_STREAM, sequence, false))
      .catch(() => undefined);
  }

  /**
   * The video's newest message, from the stream's leader.
   * @throws OvationError history_unavailable
   */
  async last(video: string): Promise<StoredMessage | undefined> {
    return await this.#subjects.last(historySubject(video));
  }

  /**
   * The video's first message from `sequence` on.
   * @throws OvationError history_unavailable
   */
  async next(video: string, sequence: number): Promise<StoredMessage | undefined> {
    return await this.#subjects.next(historySubject(video), sequence);
  }

  /**
   * The video's stored messages, oldest first.
   * @param since only those stored at or after it, in milliseconds since 1970 by the server's clock
   * @throws OvationError history_unavailable
   */
  async read(video: string, since?: number): Promise<StoredMessage[]> {
    return await this.#subjects.read(historySubject(video), since);
  }

  /**
   * The videos of which anything is kept.
   * @throws OvationError history_unavailable
   */
  async videos(): Promise<readonly string[]> {
    return await this.#subjects.attempt(async (manager) => {
      const filter = { subjects_filter: HISTORY_SUBJECTS };
      const { state } = await manager.streams.info(HISTORY_STREAM, filter);
      const prefix = HISTORY_SUBJECTS.length - 1;
      const videos = Object.keys(state.subjects ?? {}).map((subject) => subject.slice(prefix));
      return videos.filter(isVideoId);
    });
  }

  /**
   * Deletes a message and overwrites its bytes in the store; does nothing when it is gone.
   * @throws OvationError history_unavailable
   */
  async erase(sequence: number): Promise<void> {
    await this.#subjects.attempt(async (manager) => {
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
    await this.#subjects.purge(historySubject(video), sequence);
  }

  #read({ config, created }: StreamInfo): string {
    this.#keptMs = config.max_age === 0 ? Number.POSITIVE_INFINITY : config.max_age / NANOS_OF_MS;
    return epochOf({ created });
  }
}

/** The JetStream stream that holds what moderators did, in Ovation's terms. */
import { DiscardPolicy, StorageType, type StreamConfig } from "@nats-io/jetstream";
import { nanos } from "nats";
import type { CommonConfig } from "../config/settings.ts";
import { MODERATION_STREAM, MODERATION_SUBJECTS, moderationSubject } from "../protocol/subjects.ts";
import type { Bus } from "./connection.ts";
import { ensureStream } from "./ensure-stream.ts";
import type { StoredMessage } from "./stored-message.ts";
import { SubjectStream } from "./subject-stream.ts";

type Limits = Pick<CommonConfig, "historyReplicas" | "moderationAgeMs" | "moderationTotalBytes">;

/** Acts that are kept of one video; beyond that, its oldest are removed. */
const ACTS_LIMIT = 10_000;

/** The configuration that the stream is created with. */
export function moderationStreamConfig(limits: Limits): Partial<StreamConfig> & { name: string } {
  return {
    name: MODERATION_STREAM,
    description: "Ovation: what moderators did, by ov.moderation.<video or ~>",
    subjects: [MODERATION_SUBJECTS],
    storage: StorageType.File,
    num_replicas: limits.historyReplicas,
    max_msgs_per_subject: ACTS_LIMIT,
    max_age: nanos(limits.moderationAgeMs),
    max_bytes: limits.moderationTotalBytes,
    discard: DiscardPolicy.Old,
    allow_direct: true,
  };
}

export class ModerationStream {
  readonly name = MODERATION_STREAM;
  readonly #limits: Limits;
  readonly #subjects: SubjectStream;

  constructor(bus: Bus, limits: Limits) {
    this.#limits = limits;
    this.#subjects = new SubjectStream(bus, MODERATION_STREAM, "moderation_unavailable");
  }

  /**
   * Creates the stream if it doesn't exist, as only dispatchers may. An existing one is used as it
   * is.
   */
  async ensure(): Promise<void> {
    const expected = moderationStreamConfig(this.#limits);
    await this.#subjects.manage((manager) => ensureStream(manager, expected));
  }

  /**
   * Calls `listener` when somebody creates or deletes the stream.
   * @returns a function that stops listening
   */
  onRecreated(listener: () => void): () => void {
    return this.#subjects.onRecreated(listener);
  }

  // A target is a video, or NO_VIDEO for what was done everywhere.

  /**
   * Stores a record, only if the target's newest one has sequence `after` (0: only if it has none).
   * @throws RevisionConflict when the newest one is another
   * @throws OvationError moderation_unavailable when it was not confirmed; it may still be stored
   */
  async append(
    target: string,
    payload: Uint8Array,
    after: number,
    timeoutMs: number,
  ): Promise<void> {
    await this.#subjects.append(moderationSubject(target), payload, after, timeoutMs);
  }

  /**
   * The target's newest record.
   * @throws OvationError moderation_unavailable
   */
  async last(target: string): Promise<StoredMessage | undefined> {
    return await this.#subjects.last(moderationSubject(target));
  }

  /**
   * The target's first record from `sequence` on.
   * @throws OvationError moderation_unavailable
   */
  async next(target: string, sequence: number): Promise<StoredMessage | undefined> {
    return await this.#subjects.next(moderationSubject(target), sequence);
  }
}

/** A KV bucket of JetStream, in Ovation's terms: https://github.com/nats-io/nats-architecture-and-design/blob/main/adr/ADR-8.md */
import {
  DiscardPolicy,
  JetStreamApiError,
  StorageType,
  type StreamConfig,
} from "@nats-io/jetstream";
import { type MsgHdrs, nanos } from "nats";
import { changesPrefix } from "../protocol/subjects.ts";
import { type BucketEntry, bucketEntryOf, deleteMarker } from "./bucket-entry.ts";
import { type BucketWatch, watchBucket } from "./bucket-watch.ts";
import type { Bus } from "./connection.ts";
import { ensureStream, isStreamMissing } from "./ensure-stream.ts";
import { maxAge } from "./max-age.ts";
import { readNewest } from "./read-newest.ts";
import { storeMessage } from "./store-message.ts";
import { StreamAccess } from "./stream-access.ts";

const OPERATION_TIMEOUT_MS = 2_000;
const DUPLICATES_MS = 120_000;
const NOTHING = new Uint8Array();

/** How a bucket is created. */
export interface BucketSpec {
  readonly name: string;
  /** Shown to operators who list the buckets. */
  readonly description: string;
  /** `memory` for what can be rebuilt; `file` for what must survive a restart of NATS. */
  readonly storage: "memory" | "file";
  /** Whether its changes are published for those who watch it. */
  readonly isFollowed: boolean;
  readonly replicas: number;
  /** Age at which an entry expires, in milliseconds; watchers are not notified. 0 or Infinity: never. */
  readonly maxAgeMs: number;
  /** The size up to which it takes entries; undefined: any. */
  readonly limitBytes?: number;
  /** Whether it may have so many entries that watchers read it by direct gets, which needs the right. */
  readonly isLarge?: boolean;
}

/** The configuration that a bucket is created with. */
export function bucketConfig(spec: BucketSpec): Partial<StreamConfig> & { name: string } {
  const { name, description, replicas, maxAgeMs, limitBytes = -1 } = spec;
  const duplicatesMs = maxAgeMs === 0 ? DUPLICATES_MS : Math.min(DUPLICATES_MS, maxAgeMs);
  return {
    name: `KV_${name}`,
    description,
    subjects: [`$KV.${name}.>`],
    storage: spec.storage === "file" ? StorageType.File : StorageType.Memory,
    num_replicas: replicas,
    max_msgs_per_subject: 1,
    max_age: maxAge(maxAgeMs),
    max_bytes: limitBytes,
    duplicate_window: nanos(duplicatesMs),
    discard: DiscardPolicy.New,
    allow_direct: true,
    // Watchers listen to this: whoever may create a consumer can have a stream's content sent
    // anywhere, so nobody may.
    ...(spec.isFollowed
      ? { republish: { src: `$KV.${name}.>`, dest: `${changesPrefix(name)}>` } }
      : {}),
  };
}

export class Bucket {
  readonly name: string;
  readonly spec: BucketSpec;
  readonly #bus: Bus;
  readonly #stream: string;
  readonly #prefix: string;
  readonly #access: StreamAccess;

  constructor(bus: Bus, spec: BucketSpec) {
    this.#bus = bus;
    this.name = spec.name;
    this.spec = spec;
    this.#stream = `KV_${spec.name}`;
    this.#prefix = `$KV.${spec.name}.`;
    this.#access = new StreamAccess(bus, this.#stream);
  }

  /**
   * Creates the bucket if it doesn't exist, as only dispatchers may. An existing one is used as it
   * is.
   */
  async ensure(): Promise<void> {
    const config = bucketConfig(this.spec);
    await this.#access.manage((manager) => ensureStream(manager, config));
  }

  /**
   * Calls `listener` when somebody creates or deletes the bucket.
   * @returns a function that stops listening
   */
  onRecreated(listener: () => void): () => void {
    return this.#access.onRecreated(listener);
  }

  /**
   * Calls `listener` when somebody creates the bucket: it can be written again.
   * @returns a function that stops listening
   */
  onCreated(listener: () => void): () => void {
    return this.#bus.onStream(["CREATED"], this.#stream, listener);
  }

  /**
   * Writes a key; returns the new revision. With `revision`, only over that one (0: only a new key).
   * @throws RevisionConflict when another revision is the newest
   */
  async put(
    key: string,
    value: Uint8Array,
    revision?: number,
    timeoutMs = OPERATION_TIMEOUT_MS,
  ): Promise<number> {
    return await this.#publish(key, value, { revision, timeoutMs });
  }

  /** Removes a key; with `revision`, only if that is still the newest. */
  async remove(key: string, revision?: number): Promise<void> {
    await this.#publish(key, NOTHING, { revision, marker: deleteMarker() });
  }

  /**
   * Removes a key; with `revision`, only if that is still the newest. Returns the revision of its
   * delete marker.
   * @throws RevisionConflict when another revision is the newest
   */
  async putTombstone(key: string, revision?: number): Promise<number> {
    return await this.#publish(key, NOTHING, { revision, marker: deleteMarker() });
  }

  async #publish(
    key: string,
    value: Uint8Array,
    how: {
      readonly revision?: number | undefined;
      readonly marker?: MsgHdrs;
      readonly timeoutMs?: number;
    },
  ): Promise<number> {
    const { revision: after, marker: headers, timeoutMs = OPERATION_TIMEOUT_MS } = how;
    return await storeMessage(this.#bus, this.#prefix + key, value, { timeoutMs, after, headers });
  }

  /** Every key, those that were removed included. */
  async keys(): Promise<readonly string[]> {
    const { state } = await this.#access.use((manager) =>
      manager.streams.info(this.#stream, { subjects_filter: `${this.#prefix}>` }),
    );
    return Object.keys(state.subjects ?? {}).map((subject) => subject.slice(this.#prefix.length));
  }

  /** Removes all that is kept under the keys that match `filter`, without notifying watchers. */
  async purge(filter: string): Promise<void> {
    await this.#access.use((manager) =>
      manager.streams.purge(this.#stream, { filter: this.#prefix + filter }),
    );
  }

  /** Erases one revision without notifying watchers. Returns false if it is gone. */
  async erase(revision: number): Promise<boolean> {
    try {
      await this.#access.use((manager) =>
        manager.streams.deleteMessage(this.#stream, revision, false),
      );
      return true;
    } catch (error) {
      if (error instanceof JetStreamApiError) return false;
      throw error;
    }
  }

  /** The newest entry of a key, even if it is a delete marker; undefined if there is none. */
  async get(key: string): Promise<BucketEntry | undefined> {
    const message = await this.#access.use((manager) =>
      manager.streams.getMessage(this.#stream, { last_by_subj: this.#prefix + key }),
    );
    if (message === null) return undefined;
    return bucketEntryOf(key, message.header, message.data, message.seq);
  }

  /**
   * Reads all entries whose keys match `filter`, where `*` stands for one token. Creates no bucket.
   * @returns entries without removed keys; undefined when there is no such bucket
   */
  async read(filter = ">"): Promise<readonly BucketEntry[] | undefined> {
    try {
      const { entries } = await this.#access.use((manager) =>
        readNewest(manager, this.#stream, this.#prefix, filter),
      );
      return [...entries.values()];
    } catch (error) {
      if (isStreamMissing(error)) return undefined;
      throw error;
    }
  }

  /** Reads all entries, and follows each change from there on. */
  async watch(): Promise<BucketWatch> {
    return await this.#access.use((manager) =>
      watchBucket({
        bus: this.#bus,
        manager,
        stream: this.#stream,
        prefix: this.#prefix,
        changes: changesPrefix(this.spec.name),
        isLarge: this.spec.isLarge === true,
      }),
    );
  }
}

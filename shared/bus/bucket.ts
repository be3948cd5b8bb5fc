/** A KV bucket of JetStream, in Ovation's terms. */
import {
  DeliverPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
  type JsMsg,
  jetstream,
  StorageType,
} from "@nats-io/jetstream";
import { type KV, Kvm } from "@nats-io/kv";
import { headers } from "nats";
import type { Log } from "../runtime/log.ts";
import { asConflict } from "./conflict.ts";
import type { Bus } from "./connection.ts";
import { managerOf } from "./jetstream-manager.ts";
import { type OrderedRead, type OrderedStart, readOrdered } from "./ordered-consumer.ts";
import { readWhole } from "./read-whole.ts";

const OPERATION_TIMEOUT_MS = 2_000;

/** How a bucket is created. Its content can be rebuilt, so it is kept in memory, not on disk. */
export interface BucketSpec {
  readonly name: string;
  /** Shown to operators who list the buckets. */
  readonly description: string;
  readonly replicas: number;
  /** Age at which an entry expires, in milliseconds; watchers are not notified. */
  readonly maxAgeMs: number;
  /** The size up to which it takes entries; undefined: any. */
  readonly limitBytes?: number;
}

export interface BucketEntry {
  readonly key: string;
  /** Undefined for a key that was removed. */
  readonly value: Uint8Array | undefined;
  readonly revision: number;
}

export interface WatchedEntry extends BucketEntry {
  /** How many entries are pending behind it. */
  readonly pending: number;
  /** When the server stored it, in milliseconds since 1970. */
  readonly storedAt: number;
}

/** A watch starts with the entries in the bucket. */
export interface BucketWatch
  extends Pick<OrderedRead, "initialCount" | "isReplaceable" | "progress"> {
  /** Identifies the bucket's incarnation: it changes when the bucket is deleted and recreated. */
  readonly incarnation: string;
  readonly entries: AsyncIterable<WatchedEntry>;
  stop(): void;
}

export class Bucket {
  readonly spec: BucketSpec;
  readonly #bus: Bus;
  readonly #log: Log;
  readonly #stream: string;
  readonly #prefix: string;
  #kv: KV | undefined;
  #manager: Promise<JetStreamManager> | undefined;

  constructor(bus: Bus, spec: BucketSpec, log: Log) {
    this.#bus = bus;
    this.spec = spec;
    this.#log = log;
    this.#stream = `KV_${spec.name}`;
    this.#prefix = `$KV.${spec.name}.`;
  }

  /**
   * Creates the bucket if it doesn't exist. An existing one is used as it is; settings that differ
   * from ours are logged.
   */
  async ensure(): Promise<void> {
    await this.#bus.whileConnected(() => this.#create());
  }

  async #create(): Promise<void> {
    const { name, description, replicas, maxAgeMs, limitBytes } = this.spec;
    const kv = await new Kvm(this.#bus.connection).create(name, {
      description,
      history: 1,
      replicas,
      storage: StorageType.Memory,
      ttl: maxAgeMs,
      ...(limitBytes === undefined ? {} : { max_bytes: limitBytes }),
    });
    this.#kv = kv;
    const status = await kv.status();
    const drift = [
      ["replicas", status.replicas, replicas],
      ["history", status.history, 1],
      ["storage", status.storage, StorageType.Memory],
      ["ttl", status.ttl, maxAgeMs],
    ].filter(([, is, expected]) => is !== expected);
    for (const [setting, is, expected] of drift) {
      const fields = { bucket: name, setting, is, due: expected };
      this.#log.warn(fields, "bucket differs from its settings");
    }
  }

  /**
   * Calls `listener` when somebody creates or deletes the bucket: watches stay silent then.
   * @returns a function that stops listening
   */
  onRecreated(listener: () => void): () => void {
    return this.#bus.onStreamRecreated(this.#stream, listener);
  }

  async #open(): Promise<KV> {
    if (this.#kv === undefined) await this.ensure();
    if (this.#kv === undefined) throw new Error("the bucket could not be opened");
    return this.#kv;
  }

  /** Writes a key; returns the new revision. With `revision`, only over that one (0: only a new key). */
  async put(key: string, value: Uint8Array, revision?: number): Promise<number> {
    const kv = await this.#open();
    try {
      return await this.#bus.whileConnected(() =>
        kv.put(key, value, {
          timeout: OPERATION_TIMEOUT_MS,
          ...(revision === undefined ? {} : { previousSeq: revision }),
        }),
      );
    } catch (error) {
      throw asConflict(error);
    }
  }

  /** Removes a key; with `revision`, only if that is still the newest. */
  async remove(key: string, revision?: number): Promise<void> {
    const kv = await this.#open();
    try {
      const condition = revision === undefined ? {} : { previousSeq: revision };
      await this.#bus.whileConnected(() => kv.delete(key, condition));
    } catch (error) {
      throw asConflict(error);
    }
  }

  /** Removes a key; returns the revision of its delete marker. */
  async putTombstone(key: string): Promise<number> {
    const marker = headers();
    // https://github.com/nats-io/nats-architecture-and-design/blob/main/adr/ADR-8.md
    marker.set("KV-Operation", "DEL");
    const options = { headers: marker, timeout: OPERATION_TIMEOUT_MS };
    const { seq } = await this.#bus.whileConnected(() =>
      jetstream(this.#bus.connection).publish(this.#prefix + key, "", options),
    );
    return seq;
  }

  /** Erases one revision without notifying watchers. Returns false if it is gone. */
  async erase(revision: number): Promise<boolean> {
    this.#manager ??= managerOf(this.#bus, OPERATION_TIMEOUT_MS);
    const manager = await this.#manager;
    try {
      await this.#bus.whileConnected(() =>
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
    const kv = await this.#open();
    const entry = await this.#bus.whileConnected(() => kv.get(key));
    if (entry === null) return undefined;
    const value = entry.operation === "PUT" ? entry.value : undefined;
    return { key, value, revision: entry.revision };
  }

  /**
   * Reads all entries whose keys match `filter`, where `*` stands for one token. Creates no bucket.
   * @returns entries without removed keys; undefined when there is no such bucket
   */
  async read(filter = ">"): Promise<readonly BucketEntry[] | undefined> {
    const newest = new Map<string, BucketEntry>();
    // A key written meanwhile may arrive twice. Delete markers may far outnumber entries.
    const take = (message: JsMsg) => {
      const { key, value, revision } = this.#entry(message);
      if (value === undefined) newest.delete(key);
      else newest.set(key, { key, value: new Uint8Array(value), revision });
    };
    try {
      await this.#bus.whileConnected(() =>
        readWhole(this.#bus, this.#stream, this.#matching(filter), take),
      );
      return [...newest.values()];
    } catch (error) {
      const code = error instanceof JetStreamApiError ? error.code : undefined;
      if (code === JetStreamApiCodes.StreamNotFound) return undefined;
      throw error;
    }
  }

  /**
   * Follows the keys that match `filter`: first all existing ones, then each change
   * (https://github.com/nats-io/nats-architecture-and-design/blob/main/adr/ADR-8.md has the format).
   */
  async watch(filter = ">"): Promise<BucketWatch> {
    return await this.#bus.whileConnected(async () => this.#watch(await this.#open(), filter));
  }

  async #watch(kv: KV, filter: string): Promise<BucketWatch> {
    const status = await kv.status();
    const read = await readOrdered(this.#bus, this.#stream, this.#matching(filter));
    const entry = (message: JsMsg) => this.#entry(message);
    async function* entries(): AsyncGenerator<WatchedEntry> {
      for await (const message of read.messages) yield entry(message);
    }
    return {
      initialCount: read.initialCount,
      isReplaceable: read.isReplaceable,
      progress: read.progress,
      incarnation: String(status.streamInfo.created),
      entries: entries(),
      stop: () => read.stop(),
    };
  }

  #matching(filter: string): OrderedStart {
    return { deliver_policy: DeliverPolicy.LastPerSubject, filter_subject: this.#prefix + filter };
  }

  #entry(message: JsMsg): WatchedEntry {
    const operation = message.headers?.get("KV-Operation") ?? "";
    return {
      key: message.subject.slice(this.#prefix.length),
      value: operation === "" ? message.data : undefined,
      revision: message.seq,
      pending: message.info.pending,
      storedAt: message.info.timestampNanos / 1e6,
    };
  }
}

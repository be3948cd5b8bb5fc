/** A KV bucket of JetStream, in Ovation's words. */
import { JetStreamApiError, StorageType } from "@nats-io/jetstream";
import { type KV, Kvm } from "@nats-io/kv";
import type { Log } from "../log.ts";
import type { Bus } from "./connection.ts";

const OPERATION_TIMEOUT_MS = 2_000;
const WRONG_LAST_SEQUENCE = 10_071;

/** How a bucket is made. It holds what can be rebuilt, so it is kept in memory, not on disk. */
export interface BucketSpec {
  readonly name: string;
  readonly replicas: number;
  /** Age at which an entry goes by itself, in milliseconds; watchers are not told. */
  readonly maxAgeMs: number;
}

export interface BucketEntry {
  readonly key: string;
  /** Undefined for a key that was removed. */
  readonly value: Uint8Array | undefined;
  readonly revision: number;
}

export interface WatchedEntry extends BucketEntry {
  /** How many entries are known to follow; 0 ends the snapshot that a watch begins with. */
  readonly pending: number;
}

export interface BucketWatch {
  /** Entries in the bucket when the watch began; 0 means that no snapshot comes. */
  readonly initialCount: number;
  /** Names the making of the bucket: another one means that it was deleted and made anew. */
  readonly incarnation: string;
  readonly entries: AsyncIterable<WatchedEntry>;
  stop(): void;
}

/** A write that was bound to a revision found another one. */
export class RevisionConflict extends Error {
  override readonly name = "RevisionConflict";
}

function asConflict(error: unknown): unknown {
  return error instanceof JetStreamApiError && error.code === WRONG_LAST_SEQUENCE
    ? new RevisionConflict(error.message, { cause: error })
    : error;
}

export class Bucket {
  readonly spec: BucketSpec;
  readonly #bus: Bus;
  readonly #log: Log;
  #kv: KV | undefined;

  constructor(bus: Bus, spec: BucketSpec, log: Log) {
    this.#bus = bus;
    this.spec = spec;
    this.#log = log;
  }

  /**
   * Makes the bucket if it isn't there. An existing one is taken as it is, and told by name where
   * its settings differ from ours.
   */
  async ensure(): Promise<void> {
    const { name, replicas, maxAgeMs } = this.spec;
    const kv = await new Kvm(this.#bus.connection).create(name, {
      history: 1,
      replicas,
      storage: StorageType.Memory,
      ttl: maxAgeMs,
    });
    this.#kv = kv;
    const status = await kv.status();
    const drift = [
      ["replicas", status.replicas, replicas],
      ["history", status.history, 1],
      ["storage", status.storage, StorageType.Memory],
      ["ttl", status.ttl, maxAgeMs],
    ].filter(([, is, due]) => is !== due);
    for (const [setting, is, due] of drift) {
      this.#log.warn({ bucket: name, setting, is, due }, "bucket differs from its settings");
    }
  }

  /**
   * Tells when somebody made or deleted the bucket: watches stay silent then.
   * @returns how to stop listening
   */
  onRemade(listener: () => void): () => void {
    const subscriptions = ["CREATED", "DELETED"].map((what) =>
      this.#bus.subscribe(`$JS.EVENT.ADVISORY.STREAM.${what}.KV_${this.spec.name}`, listener),
    );
    return () => {
      for (const subscription of subscriptions) subscription.unsubscribe();
    };
  }

  async #open(): Promise<KV> {
    if (this.#kv === undefined) await this.ensure();
    if (this.#kv === undefined) throw new Error("the bucket could not be opened");
    return this.#kv;
  }

  /** Writes, and gives the new revision. With `revision`, only over that one (0: only if the key is new). */
  async put(key: string, value: Uint8Array, revision?: number): Promise<number> {
    const kv = await this.#open();
    try {
      return await kv.put(key, value, {
        timeout: OPERATION_TIMEOUT_MS,
        ...(revision === undefined ? {} : { previousSeq: revision }),
      });
    } catch (error) {
      throw asConflict(error);
    }
  }

  /** Removes a key; with `revision`, only if that is still its newest. */
  async remove(key: string, revision?: number): Promise<void> {
    const kv = await this.#open();
    try {
      await kv.delete(key, revision === undefined ? {} : { previousSeq: revision });
    } catch (error) {
      throw asConflict(error);
    }
  }

  /** The newest entry of a key, also when that is its removal; undefined if there is none at all. */
  async get(key: string): Promise<BucketEntry | undefined> {
    const kv = await this.#open();
    const entry = await kv.get(key);
    if (entry === null) return undefined;
    const value = entry.operation === "PUT" ? entry.value : undefined;
    return { key, value, revision: entry.revision };
  }

  /** The keys that match `filter`, in which `*` stands for one part. */
  async keys(filter: string): Promise<string[]> {
    const kv = await this.#open();
    const keys: string[] = [];
    for await (const key of await kv.keys(filter)) keys.push(key);
    return keys;
  }

  /** Follows the bucket: first all that is in it, then each change. */
  async watch(): Promise<BucketWatch> {
    const kv = await this.#open();
    const status = await kv.status();
    const watcher = await kv.watch();
    async function* entries(): AsyncGenerator<WatchedEntry> {
      for await (const entry of watcher) {
        yield {
          key: entry.key,
          value: entry.operation === "PUT" ? entry.value : undefined,
          revision: entry.revision,
          pending: entry.delta ?? 0,
        };
      }
    }
    return {
      initialCount: status.values,
      incarnation: String(status.streamInfo.created),
      entries: entries(),
      stop: () => watcher.stop(),
    };
  }
}

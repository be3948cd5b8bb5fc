/**
 * Reads what a bucket keeps of videos, a bounded number at a time, and says when
 * what was read may be out of date.
 */
import pLimit from "p-limit";
import type { OvationError } from "../protocol/errors.ts";
import { monotonicNow } from "../runtime/lifecycle.ts";
import type { Bucket } from "./bucket.ts";
import type { BucketEntry } from "./bucket-entry.ts";
import type { Bus } from "./connection.ts";

const READS_AT_ONCE = 16;
/** Reads that may wait for their turn; more are refused. */
const READS_WAITING_LIMIT = 4_096;
/**
 * The longest wait for a turn. While the store is away, each read takes its time limit of five seconds:
 * nobody waits for all those before it too.
 */
const TURN_WAIT_MS = 5_000;

export interface DocumentReaderOptions {
  readonly bus: Pick<Bus, "onState">;
  readonly bucket: Pick<Bucket, "get" | "onRecreated">;
}

export abstract class DocumentReader<Document> {
  readonly stats = { reads: 0, failures: 0 };
  readonly #options: DocumentReaderOptions;
  readonly #limit = pLimit(READS_AT_ONCE);
  readonly #listeners = new Set<() => void>();
  #unlisten: (() => void)[] = [];

  constructor(options: DocumentReaderOptions) {
    this.#options = options;
  }

  start(): void {
    const { bus, bucket } = this.#options;
    const notify = () => {
      for (const listener of this.#listeners) listener();
    };
    this.#unlisten = [
      bus.onState((state) => {
        if (state === "connected") notify();
      }),
      bucket.onRecreated(notify),
    ];
  }

  stop(): void {
    for (const unlisten of this.#unlisten.splice(0)) unlisten();
    this.#limit.clearQueue();
  }

  /**
   * Calls `listener` when NATS is back after an outage, or the bucket was created again.
   * @returns a function that stops listening
   */
  onDoubt(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @throws Error when it can't be read: of the client, or OvationError */
  async read(video: string): Promise<Document> {
    this.stats.reads += 1;
    try {
      if (this.#limit.pendingCount >= READS_WAITING_LIMIT) throw this.tooManyWait();
      const since = monotonicNow();
      const entry = await this.#limit(async () => {
        if (monotonicNow() - since > TURN_WAIT_MS) throw this.tooManyWait();
        return await this.#options.bucket.get(video);
      });
      return this.decode(entry);
    } catch (error) {
      this.stats.failures += 1;
      throw error;
    }
  }

  /** @param entry undefined when the bucket has none */
  protected abstract decode(entry: BucketEntry | undefined): Document;
  protected abstract tooManyWait(): OvationError;
}

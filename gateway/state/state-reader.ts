/**
 * Reads the stored state of videos for this gateway, a bounded number at a time, and says when what
 * was read may be out of date.
 */
import pLimit from "p-limit";
import type { Bucket } from "../../shared/bus/bucket.ts";
import type { Bus } from "../../shared/bus/connection.ts";
import { OvationError } from "../../shared/protocol/errors.ts";
import {
  decodeState,
  EMPTY_STATE,
  type StateDocument,
} from "../../shared/protocol/state-document.ts";

const READS_AT_ONCE = 16;
/** Reads that may wait for their turn; more are refused. */
const READS_WAITING_LIMIT = 4_096;

interface StateReaderOptions {
  readonly bus: Pick<Bus, "onState">;
  readonly bucket: Pick<Bucket, "get" | "onRecreated">;
}

/** A document, and its revision in the bucket; 0 when there is none. */
export interface StoredState {
  readonly document: StateDocument;
  readonly revision: number;
}

export class StateReader {
  readonly stats = { reads: 0, failures: 0 };
  readonly #options: StateReaderOptions;
  readonly #limit = pLimit(READS_AT_ONCE);
  readonly #listeners = new Set<() => void>();
  #unlisten: (() => void)[] = [];

  constructor(options: StateReaderOptions) {
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

  /** @throws Error when it can't be read: of the client, or OvationError state_unavailable */
  async read(video: string): Promise<StoredState> {
    this.stats.reads += 1;
    try {
      if (this.#limit.pendingCount >= READS_WAITING_LIMIT) {
        throw new OvationError("state_unavailable", "too many reads of state are waiting");
      }
      const entry = await this.#limit(() => this.#options.bucket.get(video));
      if (entry?.value === undefined) return { document: EMPTY_STATE, revision: 0 };
      const document = decodeState(entry.value);
      if (document === undefined) throw new OvationError("internal");
      return { document, revision: entry.revision };
    } catch (error) {
      this.stats.failures += 1;
      throw error;
    }
  }
}

/**
 * Reads the videos' histories for this gateway, a bounded number at a time, and tracks the current
 * incarnation of the history.
 */
import pLimit from "p-limit";
import type { Bus } from "../../shared/bus/connection.ts";
import type { HistoryStream } from "../../shared/bus/history-stream.ts";
import type { StoredMessage } from "../../shared/bus/stored-message.ts";
import { Backoff } from "../../shared/lib/backoff.ts";
import { OvationError } from "../../shared/protocol/errors.ts";
import { decodeRecord, type StoredRecord } from "../../shared/protocol/history/record.ts";
import type { Log } from "../../shared/runtime/log.ts";

const READS_AT_ONCE = 16;
/** Reads that may wait for their turn; more are refused. */
const READS_WAITING_LIMIT = 4_096;
const RETRY_MIN_MS = 250;
const RETRY_MAX_MS = 5_000;

interface ReaderOptions {
  readonly bus: Bus;
  readonly stream: HistoryStream;
  readonly log: Log;
}

/** A record, and its sequence in the stream. */
export interface SequencedRecord {
  readonly record: StoredRecord;
  readonly sequence: number;
}

/** Is notified when it may have missed records. */
export interface HistoryListener {
  /** The connection was lost, and is back. */
  onReturned(): void;
  /** The history was created again: nothing of the old one is valid. */
  onRecreated(): void;
}

export class HistoryReader {
  readonly #options: ReaderOptions;
  readonly #limit = pLimit(READS_AT_ONCE);
  /** Reads of whole histories that have not started, by video: further callers share them. */
  readonly #queuedReads = new Map<string, Promise<SequencedRecord[]>>();
  readonly #listeners = new Set<HistoryListener>();
  readonly #backoff = new Backoff(RETRY_MIN_MS, RETRY_MAX_MS);
  #epoch: string | undefined;
  #unlisten: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  /** Whole reads, reads of the newest record, reads of the next record, and failures. */
  readonly stats = { whole: 0, last: 0, next: 0, failures: 0, remade: 0 };

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  /** The incarnation of the history; undefined until it could be read. */
  get epoch(): string | undefined {
    return this.#epoch;
  }

  /** Starts to track the history, which need not exist yet. */
  start(): void {
    const { bus, stream } = this.#options;
    this.#unlisten = [
      bus.onState((state) => {
        if (state === "connected") this.#checkEpoch("returned");
      }),
      stream.onRecreated(() => this.#checkEpoch("remade")),
    ];
    this.#checkEpoch("start");
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    for (const unlisten of this.#unlisten.splice(0)) unlisten();
    this.#limit.clearQueue();
  }

  /** Notifies the listener from now on; returns a function that stops it. */
  listen(listener: HistoryListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * All records that are kept of a video, oldest first.
   * @throws OvationError history_unavailable
   */
  async whole(video: string): Promise<SequencedRecord[]> {
    const shared = this.#queuedReads.get(video);
    if (shared !== undefined) return await shared;
    const read = this.#read("whole", async () => {
      this.#queuedReads.delete(video);
      const messages = await this.#options.stream.read(video);
      return messages.map(sequenced).filter((record) => record !== undefined);
    });
    this.#queuedReads.set(video, read);
    return await read.finally(() => {
      if (this.#queuedReads.get(video) === read) this.#queuedReads.delete(video);
    });
  }

  /**
   * The records of a video that were stored at or after a time, oldest first.
   * @param sinceMs in milliseconds since 1970, by the server's clock
   * @throws OvationError history_unavailable
   */
  async since(video: string, sinceMs: number): Promise<SequencedRecord[]> {
    const messages = await this.#read("whole", () => this.#options.stream.read(video, sinceMs));
    return messages.map(sequenced).filter((record) => record !== undefined);
  }

  /**
   * The newest record of a video.
   * @throws OvationError history_unavailable
   */
  async last(video: string): Promise<SequencedRecord | undefined> {
    return sequenced(await this.#read("last", () => this.#options.stream.last(video)));
  }

  /**
   * The first record of a video at or after a sequence of the stream.
   * @throws OvationError history_unavailable
   */
  async next(video: string, sequence: number): Promise<SequencedRecord | undefined> {
    return sequenced(await this.#read("next", () => this.#options.stream.next(video, sequence)));
  }

  async #read<T>(what: "whole" | "last" | "next", work: () => Promise<T>): Promise<T> {
    this.stats[what] += 1;
    try {
      if (this.#limit.pendingCount >= READS_WAITING_LIMIT) {
        throw new OvationError("history_unavailable", "too many history reads are waiting");
      }
      return await this.#limit(work);
    } catch (error) {
      this.stats.failures += 1;
      throw error;
    }
  }

  /** Checks which incarnation there is, until there is one: dispatchers create it. */
  #checkEpoch(why: "start" | "returned" | "remade"): void {
    clearTimeout(this.#timer);
    const { stream, log } = this.#options;
    stream.epoch().then(
      (epoch) => {
        this.#backoff.reset();
        this.#found(epoch, why === "returned");
      },
      (error: unknown) => {
        log.debug({ err: error }, "the history can't be read; retrying");
        if (this.#stopped) return;
        this.#timer = setTimeout(() => this.#checkEpoch(why), this.#backoff.nextMs());
      },
    );
  }

  #found(epoch: string, isReturned: boolean): void {
    if (this.#stopped) return;
    const isRemade = this.#epoch !== undefined && this.#epoch !== epoch;
    this.#epoch = epoch;
    if (isRemade) {
      this.stats.remade += 1;
      this.#options.log.warn({ epoch }, "the history was created again");
      for (const listener of this.#listeners) listener.onRecreated();
    } else if (isReturned) {
      for (const listener of this.#listeners) listener.onReturned();
    }
  }
}

function sequenced(message: StoredMessage | undefined): SequencedRecord | undefined {
  if (message === undefined) return undefined;
  const record = decodeRecord(message.payload);
  return record === undefined ? undefined : { record, sequence: message.sequence };
}

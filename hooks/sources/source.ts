/**
 * Follows a stream, and turns its messages into events. How far it is, is stored now and then: what is
 * read again after that is not stored again.
 */
import type { Bucket } from "../../shared/bus/bucket.ts";
import { RevisionConflict } from "../../shared/bus/conflict.ts";
import type { Bus } from "../../shared/bus/connection.ts";
import type { ReadMessage, StreamReader } from "../../shared/bus/stream-reader.ts";
import { Backoff } from "../../shared/lib/backoff.ts";
import {
  decodeSource,
  type SourceProgress,
  sourceKey,
} from "../../shared/protocol/hooks/progress.ts";
import type { MonotonicClock, WallClock } from "../../shared/runtime/lifecycle.ts";
import type { Log } from "../../shared/runtime/log.ts";
import { ProgressEntry } from "../delivery/progress-entry.ts";
import { Wake } from "../delivery/wake.ts";

/** Messages that are read, and stored, at once. */
const READS_AT_ONCE = 32;
const SAVE_EVERY_MS = 1_000;
const RETRY_MIN_MS = 250;
const RETRY_MAX_MS = 5_000;

/** What makes events of a source's messages. */
export interface Collector {
  /** The source's name, which is part of subjects and keys. */
  readonly name: string;
  /** The source begins, or begins again, at this position. */
  begin(progress: SourceProgress): void;
  /**
   * Puts the events of these messages into the outbox.
   * @param before how far the source was before them
   */
  collect(messages: readonly ReadMessage[], before: SourceProgress): Promise<void>;
}

interface SourceOptions {
  readonly bus: Bus;
  readonly bucket: Pick<Bucket, "get" | "put">;
  readonly reader: StreamReader;
  readonly collector: Collector;
  /** Subjects of which a message says that the stream has news; undefined: nothing says so. */
  readonly news?: string;
  /** When nothing says so, it looks all the same. */
  readonly pollMs: number;
  readonly now: MonotonicClock;
  readonly wallClock: WallClock;
  readonly log: Log;
}

export class Source {
  /** Messages that were collected. */
  collected = 0;
  readonly #options: SourceOptions;
  readonly #wake = new Wake();
  readonly #backoff = new Backoff(RETRY_MIN_MS, RETRY_MAX_MS);
  #isStale = false;
  #isFollowing = false;

  constructor(options: SourceOptions) {
    this.#options = options;
  }

  /** Whether nothing that comes from now on is missed. */
  get isFollowing(): boolean {
    return this.#isFollowing;
  }

  /** Works until the signal; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { bus, reader, news, collector, log } = this.#options;
    const heard = news === undefined ? undefined : bus.subscribe(news, () => this.#wake.call());
    const unlisten = reader.onRecreated(() => {
      this.#isStale = true;
      this.#wake.call();
    });
    try {
      while (!signal.aborted) {
        try {
          await this.#follow(signal);
        } catch (err) {
          if (!(err instanceof RevisionConflict)) {
            log.debug({ err, source: collector.name }, "a source can't be followed now");
          }
          await this.#wake.pause(this.#backoff.nextMs(), signal, Number.POSITIVE_INFINITY);
        }
      }
    } finally {
      this.#isFollowing = false;
      heard?.unsubscribe();
      unlisten();
    }
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const { bucket, reader, collector, pollMs, now } = this.#options;
    const entry = new ProgressEntry(bucket, sourceKey(collector.name), decodeSource);
    this.#isStale = false;
    let progress = await this.#load(entry);
    this.#backoff.reset();
    collector.begin(progress);
    this.#isFollowing = true;
    let saved = { position: progress.position, at: now() };
    const save = async () => {
      if (saved.position === progress.position) return;
      await entry.save(progress);
      saved = { position: progress.position, at: now() };
    };
    while (!signal.aborted && !this.#isStale) {
      for await (const messages of reader.from(progress.position + 1, READS_AT_ONCE)) {
        await collector.collect(messages, progress);
        this.collected += messages.length;
        const { sequence, storedAt } = messages.at(-1) ?? { sequence: 0, storedAt: 0 };
        progress = { ...progress, position: sequence, at: storedAt };
        if (now() - saved.at >= SAVE_EVERY_MS) await save();
        if (signal.aborted || this.#isStale) break;
      }
      // Not after each message of a quiet stream: what is read again is not stored again.
      const leftMs = saved.position === progress.position ? pollMs : SAVE_EVERY_MS;
      await this.#wake.sleep(Math.min(leftMs, pollMs), signal);
      if (now() - saved.at >= SAVE_EVERY_MS || signal.aborted) await save();
    }
  }

  /** Where it left off; a source that is new begins with what comes from now on. */
  async #load(entry: ProgressEntry<SourceProgress>): Promise<SourceProgress> {
    const { reader, wallClock } = this.#options;
    const stored = await entry.load();
    const { epoch, last } = await reader.extent();
    if (stored?.epoch === epoch) return stored;
    const position = stored === undefined ? last : 0;
    const progress = { epoch, position, at: wallClock() };
    await entry.save(progress);
    return progress;
  }
}

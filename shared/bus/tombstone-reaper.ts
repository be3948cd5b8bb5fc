/**
 * Removes keys of a bucket, and later their delete markers. A marker shows watchers the removal and
 * would stay as long as an entry may: client-invented keys would leave delete markers without
 * bound, in the memory of NATS and in each full read of the bucket. So a marker is erased long
 * after all watchers have seen it.
 */
import pMap from "p-map";
import type { MonotonicClock } from "../runtime/lifecycle.ts";
import type { Log } from "../runtime/log.ts";
import type { Bucket } from "./bucket.ts";
import type { Bus } from "./connection.ts";

/** A watch lags by milliseconds; a lost watch is followed by a full read of the bucket. */
const MARKER_KEPT_MS = 60_000;
/** Markers that may wait to be erased; beyond that, the oldest are left to the bucket's max age. */
const MARKERS_LIMIT = 200_000;
const POLL_EVERY_MS = 1_000;
const ERASURES_AT_ONCE = 64;

interface TombstoneReaperOptions {
  readonly bus: Bus;
  readonly bucket: Bucket;
  readonly now: MonotonicClock;
  readonly log: Log;
}

export class TombstoneReaper {
  /** Markers that were erased, and markers left to the bucket's max age. */
  readonly stats = { erased: 0, left: 0 };
  readonly #options: TombstoneReaperOptions;
  /** Revision of each marker, and when it was written; the oldest first. */
  readonly #markers = new Map<number, number>();
  #timer: NodeJS.Timeout | undefined;
  #erasing: Promise<void> | undefined;
  #unlisten: (() => void) | undefined;

  constructor(options: TombstoneReaperOptions) {
    this.#options = options;
  }

  /** Markers that wait to be erased. */
  get waiting(): number {
    return this.#markers.size;
  }

  start(): void {
    // NATS may have lost its newest writes: then a revision belongs to another entry.
    this.#unlisten = this.#options.bus.onState(() => this.forget());
    this.#timer = setInterval(() => this.#poll(), POLL_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#unlisten?.();
    this.#markers.clear();
  }

  /** Call when the bucket was recreated: its revisions now belong to other entries. */
  forget(): void {
    this.stats.left += this.#markers.size;
    this.#markers.clear();
  }

  /**
   * Removes a key; watchers are notified, and the marker is erased later.
   * @param revision only if that is still the newest
   * @throws RevisionConflict when another revision is the newest
   */
  async remove(key: string, revision?: number): Promise<void> {
    const { bucket, now } = this.#options;
    this.#markers.set(await bucket.putTombstone(key, revision), now());
    const [oldest] = this.#markers.keys();
    if (this.#markers.size <= MARKERS_LIMIT || oldest === undefined) return;
    this.#markers.delete(oldest);
    this.stats.left += 1;
  }

  #poll(): void {
    if (this.#options.bus.state !== "connected") return;
    this.#erasing ??= this.#eraseOld()
      .catch((error: unknown) => {
        this.#options.log.debug({ err: error }, "a marker of a removed row could not be erased");
      })
      .finally(() => {
        this.#erasing = undefined;
      });
  }

  async #eraseOld(): Promise<void> {
    await pMap(this.#takeOld(), (revision) => this.#erase(revision), {
      concurrency: ERASURES_AT_ONCE,
    });
  }

  /**
   * Takes the markers that are old enough, except the newest of all: a reader recognises the end of
   * a full read by the last entry.
   */
  *#takeOld(): Generator<number> {
    const before = this.#options.now() - MARKER_KEPT_MS;
    for (const [revision, at] of this.#markers) {
      if (at > before || this.#markers.size === 1) return;
      this.#markers.delete(revision);
      yield revision;
    }
  }

  async #erase(revision: number): Promise<void> {
    try {
      // If the key was written again since, the marker is already gone.
      if (await this.#options.bucket.erase(revision)) this.stats.erased += 1;
    } catch (error) {
      this.stats.left += 1;
      throw error;
    }
  }
}

/**
 * Removes keys of a bucket, and in the end every trace of them. A removed key leaves a marker in its
 * place, by which watchers learn of it, and which would stay as long as an entry may: of keys that
 * somebody makes up there would be no end of them, in the memory of NATS and in each reading of the
 * bucket. Here a marker is erased once those who watch have long seen it.
 */

import pMap from "p-map";
import type { MonotonicClock } from "../runtime/lifecycle.ts";
import type { Log } from "../runtime/log.ts";
import type { Bucket } from "./bucket.ts";
import type { Bus } from "./connection.ts";

/** A watch lags by milliseconds; one that was lost is followed by reading the bucket whole. */
const MARKER_KEPT_MS = 60_000;
/** Markers that may wait to be erased; beyond it the oldest are left to the bucket's own age. */
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
  /** Markers that were erased, and those that are left to the bucket's age. */
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
    // NATS may have lost what was written last, and a revision is another entry's then.
    this.#unlisten = this.#options.bus.onState(() => this.forget());
    this.#timer = setInterval(() => this.#look(), POLL_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#unlisten?.();
    this.#markers.clear();
  }

  /** To be called when the bucket was made anew: revisions are those of other entries from now on. */
  forget(): void {
    this.stats.left += this.#markers.size;
    this.#markers.clear();
  }

  /** Removes a key; whoever watches is told, and in the end nothing is left of it. */
  async remove(key: string): Promise<void> {
    const { bucket, now } = this.#options;
    this.#markers.set(await bucket.putTombstone(key), now());
    const [oldest] = this.#markers.keys();
    if (this.#markers.size <= MARKERS_LIMIT || oldest === undefined) return;
    this.#markers.delete(oldest);
    this.stats.left += 1;
  }

  #look(): void {
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
    await pMap(this.#due(), (revision) => this.#erase(revision), { concurrency: ERASURES_AT_ONCE });
  }

  /**
   * Those that are old enough, but for the newest of all: who is just reading the bucket knows by
   * the last entry that it has read it whole.
   */
  *#due(): Generator<number> {
    const before = this.#options.now() - MARKER_KEPT_MS;
    for (const [revision, at] of this.#markers) {
      if (at > before || this.#markers.size === 1) return;
      this.#markers.delete(revision);
      yield revision;
    }
  }

  async #erase(revision: number): Promise<void> {
    try {
      // One whose key was written again since is no marker any more, and has gone.
      if (await this.#options.bucket.erase(revision)) this.stats.erased += 1;
    } catch (error) {
      this.stats.left += 1;
      throw error;
    }
  }
}

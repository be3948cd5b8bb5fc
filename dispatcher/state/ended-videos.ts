/**
 * Which videos have ended: nothing is published on them any more. Every dispatcher has all of them in
 * memory, so that this costs a publish nothing. They follow a bucket with an entry for each.
 */
import type { Bucket } from "../../shared/bus/bucket.ts";
import type { Bus } from "../../shared/bus/connection.ts";
import { BucketFollower } from "../../shared/bus/follower.ts";
import { OvationError } from "../../shared/protocol/errors.ts";
import { encodeMsgpack } from "../../shared/protocol/wire/codec.ts";
import type { WallClock } from "../../shared/runtime/lifecycle.ts";
import type { Log } from "../../shared/runtime/log.ts";

/** A dispatcher that can't read them takes requests nevertheless after so long. */
const START_WAIT_MS = 5_000;
/** A watch that ends is noticed: this is only for what nobody foresaw. */
const RESYNC_INTERVAL_MS = 600_000;

interface EndedVideosOptions {
  readonly bus: Bus;
  readonly bucket: Bucket;
  readonly now: WallClock;
  readonly log: Log;
}

export class EndedVideos {
  readonly #options: EndedVideosOptions;
  readonly #follower: BucketFollower;
  readonly #read = Promise.withResolvers<void>();
  #videos = new Set<string>();

  constructor(options: EndedVideosOptions) {
    this.#options = options;
    const { bus, bucket, log } = options;
    this.#follower = new BucketFollower({
      bus,
      bucket,
      mayCreate: true,
      resyncIntervalMs: RESYNC_INTERVAL_MS,
      log,
      handlers: {
        onSnapshot: async ({ entries }) => {
          this.#videos = new Set(entries.keys());
          this.#read.resolve();
        },
        onChange: ({ key, value }) => {
          if (value === undefined) this.#videos.delete(key);
          else this.#videos.add(key);
        },
        onUnreadable: (err) => log.debug({ err }, "which videos have ended can't be read"),
      },
    });
  }

  get size(): number {
    return this.#videos.size;
  }

  has(video: string): boolean {
    return this.#videos.has(video);
  }

  /** @throws OvationError video_ended */
  require(video: string): void {
    if (!this.#videos.has(video)) return;
    throw new OvationError("video_ended", undefined, { field: "video" });
  }

  /** Resolves when they are known, or can't be read for too long. */
  async start(): Promise<void> {
    this.#follower.start();
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, START_WAIT_MS);
    await Promise.race([this.#read.promise, late.promise]);
    clearTimeout(timer);
  }

  async stop(): Promise<void> {
    await this.#follower.stop();
  }

  /** Nothing is published on the video from now on. @throws OvationError state_unavailable */
  async end(video: string): Promise<void> {
    if (this.#videos.has(video)) return;
    const { bucket, now } = this.#options;
    await available(bucket.put(video, encodeMsgpack(now())));
    this.#videos.add(video);
  }

  /** The video was erased, and may begin anew. @throws OvationError state_unavailable */
  async forget(video: string): Promise<void> {
    if (!this.#videos.has(video)) return;
    await available(this.#options.bucket.remove(video));
    this.#videos.delete(video);
  }
}

async function available(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (cause) {
    throw new OvationError("state_unavailable", undefined, { cause });
  }
}

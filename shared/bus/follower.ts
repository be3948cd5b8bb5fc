/**
 * Keeps a copy of a bucket up to date. The watch is a hint; a full read of the bucket is the truth:
 * a watch stays silent when the bucket was recreated, and misses deletes that were compacted while
 * the link was down. So the whole bucket is read at the start, after each reconnect, when the
 * server reports that it was created or deleted, at a long interval, and when the owner doubts the
 * watch.
 */
import { Backoff, jittered } from "../lib/backoff.ts";
import type { Log } from "../runtime/log.ts";
import type { Bucket } from "./bucket.ts";
import type { BucketEntry } from "./bucket-entry.ts";
import type { BucketWatch, WatchedEntry } from "./bucket-watch.ts";
import type { Bus } from "./connection.ts";

const RETRY_MIN_MS = 250;
const RETRY_MAX_MS = 5_000;

export type ResyncReason =
  | "start"
  | "reconnect"
  | "interval"
  | "recreated"
  | "suspicion"
  | "watch-ended";

export interface Snapshot {
  readonly entries: ReadonlyMap<string, BucketEntry>;
  readonly incarnation: string;
  readonly reason: ResyncReason;
}

interface FollowerHandlers {
  /** Changes are passed on only after it resolves. */
  onSnapshot(snapshot: Snapshot): Promise<void>;
  onChange(entry: WatchedEntry): void;
  /** The bucket could not be read; the copy is unchanged. */
  onUnreadable(error: unknown): void;
}

interface FollowerOptions {
  readonly bus: Bus;
  readonly bucket: Bucket;
  /** Whether to create the bucket when it is missing: only dispatchers may. */
  readonly mayCreate: boolean;
  readonly handlers: FollowerHandlers;
  readonly resyncIntervalMs: number;
  readonly log: Log;
}

export class BucketFollower {
  readonly #options: FollowerOptions;
  readonly #random: () => number;
  readonly #backoff = new Backoff(RETRY_MIN_MS, RETRY_MAX_MS);
  #watch: BucketWatch | undefined;
  #reason: ResyncReason = "start";
  #stopped = false;
  #wake: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #loop: Promise<void> | undefined;
  #unlisten: (() => void)[] = [];

  constructor(options: FollowerOptions, random: () => number = Math.random) {
    this.#options = options;
    this.#random = random;
  }

  /** Starts to follow; the first snapshot arrives when the bucket can be read. */
  start(): void {
    const { bus, bucket } = this.#options;
    this.#unlisten = [
      bus.onState((state) => {
        if (state === "connected") this.resync("reconnect");
      }),
      bucket.onRecreated(() => this.resync("recreated")),
    ];
    this.#loop = this.#run();
  }

  /** Reads the whole bucket now. */
  resync(reason: ResyncReason): void {
    this.#reason = reason;
    this.#watch?.stop();
    this.#wake?.();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const unlisten of this.#unlisten) unlisten();
    clearTimeout(this.#timer);
    this.#watch?.stop();
    this.#wake?.();
    await this.#loop;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      const reason = this.#reason;
      this.#reason = "watch-ended";
      try {
        await this.#readAndFollow(reason);
        if (this.#reason === "watch-ended") await this.#pause(RETRY_MIN_MS);
      } catch (error) {
        if (this.#stopped) return;
        this.#options.handlers.onUnreadable(error);
        if (this.#reason === "watch-ended") this.#reason = reason;
        await this.#pause(this.#backoff.nextMs());
      }
    }
  }

  async #readAndFollow(reason: ResyncReason): Promise<void> {
    const { bucket, handlers, log } = this.#options;
    if (this.#options.mayCreate) await bucket.ensure();
    const watch = await bucket.watch();
    this.#watch = watch;
    try {
      if (this.#stopped) return;
      const { initial: entries, incarnation } = watch;
      this.#backoff.reset();
      log.debug(
        { bucket: bucket.spec.name, reason, entries: entries.size },
        "the whole bucket was read",
      );
      await handlers.onSnapshot({ entries, incarnation, reason });
      this.#scheduleResync();
      // A resync was requested during the read: this snapshot may be older than the request.
      if (this.#reason !== "watch-ended") return;
      for await (const entry of watch.changes) handlers.onChange(entry);
    } finally {
      this.#watch = undefined;
      watch.stop();
    }
  }

  #scheduleResync(): void {
    clearTimeout(this.#timer);
    const delay = jittered(this.#options.resyncIntervalMs, this.#random);
    this.#timer = setTimeout(() => this.resync("interval"), delay);
  }

  async #pause(ms: number): Promise<void> {
    if (this.#stopped) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
  }
}

/**
 * Which videos have viewers, from the subscription table. A video is vacated when it has had none for
 * a while, so that a viewer who reloads the page is no news. What was told last is in the outbox: an
 * instance that begins compares that with the table. (A video that was occupied before the outbox
 * begins is told to be occupied once more.)
 */
import pMap from "p-map";
import type { Bucket } from "../../shared/bus/bucket.ts";
import type { Bus } from "../../shared/bus/connection.ts";
import { BucketFollower, type Snapshot } from "../../shared/bus/follower.ts";
import type { StreamReader } from "../../shared/bus/stream-reader.ts";
import { Backoff } from "../../shared/lib/backoff.ts";
import { decodeStoredEvents, waitingEvent } from "../../shared/protocol/hooks/stored-events.ts";
import { isVideoId } from "../../shared/protocol/names.ts";
import {
  hookEventsSubjectsOf,
  parseRowKey,
  targetOfHookEvents,
} from "../../shared/protocol/subjects.ts";
import { decodeRow } from "../../shared/protocol/table.ts";
import type { WallClock } from "../../shared/runtime/lifecycle.ts";
import type { Log } from "../../shared/runtime/log.ts";
import type { Outbox } from "./outbox.ts";

const SOURCE = "occupancy";
const OCCUPIED = "video.occupied";
const VACATED = "video.vacated";
const READS_AT_ONCE = 32;
const PUTS_AT_ONCE = 32;
const RETRY_MIN_MS = 250;
const RETRY_MAX_MS = 5_000;
/** The epoch of `upTo`, which counts what was told of a video. */
const EPOCH = "1";

interface OccupancyOptions {
  readonly bus: Bus;
  readonly bucket: Bucket;
  readonly reader: Pick<StreamReader, "subjects" | "last">;
  readonly outbox: Outbox;
  /** How long a video must have no viewers. */
  readonly vacatedMs: number;
  readonly resyncIntervalMs: number;
  readonly now: WallClock;
  readonly log: Log;
}

export class Occupancy {
  readonly #options: OccupancyOptions;
  readonly #backoff = new Backoff(RETRY_MIN_MS, RETRY_MAX_MS);
  /** The viewers of each row that has some. */
  #rows = new Map<string, number>();
  /** How many such rows a video has. */
  #videos = new Map<string, number>();
  /** Videos that were last told to be occupied. */
  #told = new Set<string>();
  /** Videos without viewers that are told to be occupied, and since when. */
  readonly #empty = new Map<string, NodeJS.Timeout>();
  /** Videos to be told of. */
  readonly #news = new Set<string>();
  #wake: () => void = () => undefined;
  #isFollowing = false;

  constructor(options: OccupancyOptions) {
    this.#options = options;
  }

  /** Videos that have viewers. */
  get occupied(): number {
    return this.#videos.size;
  }

  /** Whether the table was read. */
  get isFollowing(): boolean {
    return this.#isFollowing;
  }

  /** Works until the signal; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { bus, bucket, resyncIntervalMs, log } = this.#options;
    await this.#readTold(signal);
    if (signal.aborted) return;
    const follower = new BucketFollower({
      bus,
      bucket,
      mayCreate: false,
      resyncIntervalMs,
      log,
      handlers: {
        onSnapshot: async (snapshot) => this.#snapshot(snapshot),
        onChange: ({ key, value }) => this.#row(key, value),
        onUnreadable: (err) => log.debug({ err }, "the subscription table can't be read"),
      },
    });
    follower.start();
    const end = () => this.#wake();
    signal.addEventListener("abort", end);
    while (!signal.aborted) {
      if (this.#news.size === 0) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
      await this.#tellAll(signal);
    }
    signal.removeEventListener("abort", end);
    this.#isFollowing = false;
    for (const timer of this.#empty.values()) clearTimeout(timer);
    this.#empty.clear();
    await follower.stop();
  }

  /** What the last instance told. */
  async #readTold(signal: AbortSignal): Promise<void> {
    const { reader, log } = this.#options;
    while (!signal.aborted) {
      try {
        const told = new Set<string>();
        const subjects = await reader.subjects(hookEventsSubjectsOf(SOURCE));
        const read = async (subject: string) => {
          const message = await reader.last(subject);
          const stored = message && decodeStoredEvents(message.payload);
          if (stored?.mark === OCCUPIED) told.add(targetOfHookEvents(subject));
        };
        await pMap(subjects, read, { concurrency: READS_AT_ONCE });
        this.#told = told;
        return;
      } catch (err) {
        log.debug({ err }, "which videos were occupied can't be read");
        await this.#pause(signal);
      }
    }
  }

  #snapshot({ entries }: Snapshot): void {
    this.#rows = new Map();
    this.#videos = new Map();
    for (const { key, value } of entries.values()) this.#count(key, value);
    this.#isFollowing = true;
    for (const video of new Set([...this.#videos.keys(), ...this.#told])) this.#compare(video);
  }

  #row(key: string, value: Uint8Array | undefined): void {
    const video = this.#count(key, value);
    if (video !== undefined) this.#compare(video);
  }

  /** @returns the row's video; undefined for a key that isn't a row's */
  #count(key: string, value: Uint8Array | undefined): string | undefined {
    const video = parseRowKey(key)?.video;
    if (video === undefined || !isVideoId(video)) return undefined;
    const viewers = decodeRow(value)?.viewers ?? 0;
    const [had, has] = [this.#rows.has(key), viewers > 0];
    if (has) this.#rows.set(key, viewers);
    else this.#rows.delete(key);
    const rows = (this.#videos.get(video) ?? 0) + Number(has) - Number(had);
    if (rows > 0) this.#videos.set(video, rows);
    else this.#videos.delete(video);
    return video;
  }

  #compare(video: string): void {
    const [isOccupied, isTold] = [this.#videos.has(video), this.#told.has(video)];
    const timer = this.#empty.get(video);
    if (isOccupied || !isTold) {
      clearTimeout(timer);
      this.#empty.delete(video);
      if (isOccupied && !isTold) this.#tell(video);
    } else if (timer === undefined) {
      const vacated = () => {
        this.#empty.delete(video);
        this.#tell(video);
      };
      this.#empty.set(video, setTimeout(vacated, this.#options.vacatedMs));
    }
  }

  #tell(video: string): void {
    this.#news.add(video);
    this.#wake();
  }

  async #tellAll(signal: AbortSignal): Promise<void> {
    const { log } = this.#options;
    const videos = [...this.#news];
    this.#news.clear();
    try {
      await pMap(videos, (video) => this.#put(video), { concurrency: PUTS_AT_ONCE });
      this.#backoff.reset();
    } catch (err) {
      if (signal.aborted) return;
      log.debug({ err }, "which videos are occupied can't be stored");
      for (const video of videos) this.#news.add(video);
      await this.#pause(signal);
    }
  }

  async #put(video: string): Promise<void> {
    const { outbox, now } = this.#options;
    const isOccupied = this.#videos.has(video);
    const type = isOccupied ? OCCUPIED : VACATED;
    await outbox.put(SOURCE, video, EPOCH, ({ upTo, mark }) => {
      if (mark === type || (mark === "" && !isOccupied)) return undefined;
      const at = now();
      const id = `occupancy:${video}:${upTo + 1}:${at}`;
      const event = waitingEvent({ type, version: 1, id, at, video, data: {} });
      return { upTo: upTo + 1, mark: type, events: [event] };
    });
    if (isOccupied) this.#told.add(video);
    else this.#told.delete(video);
    // It may have changed meanwhile.
    this.#compare(video);
  }

  async #pause(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", end);
        resolve();
      };
      const timer = setTimeout(end, this.#backoff.nextMs());
      signal.addEventListener("abort", end);
    });
  }
}

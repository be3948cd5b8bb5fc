/**
 * What happened on each video over time, by ten seconds: how many events of each kind were
 * accepted, and how many viewers there were. What this dispatcher took in a slot is stored within
 * the next one; a dispatcher that is killed loses no more than that.
 */
import type { Bucket } from "../../shared/bus/bucket.ts";
import { timelineKey, videoOfTimelineKey } from "../../shared/protocol/subjects.ts";
import {
  hourOf,
  SLOT_MS,
  slotOf,
  type TimelineDocument,
} from "../../shared/protocol/totals/timeline-document.ts";
import { addTo } from "../../shared/protocol/totals/totals.ts";
import type { MonotonicClock, WallClock } from "../../shared/runtime/lifecycle.ts";
import type { Log } from "../../shared/runtime/log.ts";
import type { EventCounts } from "./event-counts.ts";
import { type TimelineChange, timelineFormat } from "./timeline-format.ts";
import { DRAIN_MS } from "./totals.ts";
import { WriteBehind } from "./write-behind.ts";

/** Videos with something to store, in this slot and in those before it. */
const VIDEOS_LIMIT = 50_000;
/** Videos whose slot is closed in one turn of the event loop: some 35 µs each. */
const VIDEOS_AT_ONCE = 50;
/** Hours are large, so they are read again each time. */
const IDLE_LIMIT = 0;

interface TimelineOptions {
  readonly dispatcher: string;
  readonly bucket: Pick<Bucket, "get" | "put">;
  readonly counts: EventCounts;
  /** The viewers of a video; undefined while that isn't known. */
  readonly viewers: (video: string) => number | undefined;
  readonly now: MonotonicClock;
  readonly wallClock: WallClock;
  readonly log: Log;
}

export class Timeline {
  readonly #options: TimelineOptions;
  readonly #documents: WriteBehind<TimelineDocument, TimelineChange>;
  /** Videos that had viewers when they were last stored. */
  readonly #watched = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #slotStart = 0;
  /** Closes the slot that ended, video by video. */
  #closing: Iterator<void> | undefined;
  #turn: NodeJS.Immediate | undefined;

  constructor(options: TimelineOptions) {
    const { dispatcher, bucket, now, log } = options;
    this.#options = options;
    this.#documents = new WriteBehind({
      name: "timelines",
      bucket,
      format: timelineFormat,
      writer: dispatcher,
      intervalMs: SLOT_MS,
      limit: VIDEOS_LIMIT,
      idleLimit: IDLE_LIMIT,
      newChange: () => new Map(),
      now,
      log,
    });
  }

  get stats(): WriteBehind<TimelineDocument, TimelineChange>["stats"] {
    const { stats } = this.#documents;
    return { ...stats, dropped: stats.dropped + this.#options.counts.dropped };
  }

  start(): void {
    const at = this.#options.wallClock();
    this.#slotStart = at - (at % SLOT_MS);
    this.#timer = setTimeout(() => this.#nextSlot(), this.#slotStart + SLOT_MS - at);
  }

  /** The number of a video's viewers changed: this slot has it. */
  touch(video: string): void {
    const counts = this.#options.counts.of(video);
    if (counts !== undefined) counts.isInSlot = true;
  }

  /** The video is erased: what isn't stored yet is dropped. */
  forget(video: string): void {
    this.#options.counts.forget(video);
    this.#documents.amend(
      (key) => videoOfTimelineKey(key) === video,
      (change) => change.clear(),
    );
  }

  /** The store may work again. */
  resume(): void {
    this.#documents.resume();
  }

  /** Stores everything up to now. */
  async drain(): Promise<void> {
    this.#closeAll();
    this.#closing = this.#close(this.#slotStart);
    this.#closeAll();
    await this.#documents.drain(DRAIN_MS);
  }

  stop(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#turn);
    this.#documents.stop();
  }

  #nextSlot(): void {
    this.#closeAll();
    this.#closing = this.#close(this.#slotStart);
    this.start();
    this.#closeSome();
  }

  /** Leaves the other work of the dispatcher its turns. */
  #closeSome(): void {
    for (let videos = 0; videos < VIDEOS_AT_ONCE; videos += 1) {
      if (this.#closing?.next().done !== false) return;
    }
    this.#turn = setImmediate(() => this.#closeSome());
  }

  #closeAll(): void {
    clearImmediate(this.#turn);
    while (this.#closing?.next().done === false);
  }

  /** What the slot has is stored in the course of the next one: not all videos at once. */
  *#close(slotStart: number): Generator<void> {
    const { viewers, counts: events } = this.#options;
    const [hour, slot] = [hourOf(slotStart), slotOf(slotStart)];
    for (const video of this.#watched) {
      // Nobody sends the number of viewers when the last one has left.
      if (viewers(video) === 0) this.touch(video);
    }
    const delayMs = SLOT_MS / Math.max(1, events.size);
    let index = 0;
    for (const [video, counts] of events.closeSlot()) {
      const change = this.#documents.change(timelineKey(video, hour), delayMs * index);
      index += 1;
      const before = change?.get(slot)?.counts ?? new Map<string, number>();
      for (const [kind, count] of before) addTo(counts, kind, count);
      const number = viewers(video);
      change?.set(slot, { counts, viewers: number });
      if ((number ?? 0) > 0) this.#watched.add(video);
      else if (number === 0) this.#watched.delete(video);
      yield;
    }
  }
}

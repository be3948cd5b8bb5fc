/**
 * Follows one video's chain of durable events for all its viewers here: puts live records in order,
 * fills gaps from the history before anything behind them is delivered, and checks now and then
 * whether the history has records that never arrived.
 */
import { Backoff, jittered } from "../../shared/lib/backoff.ts";
import type { DurableEvent } from "../../shared/protocol/history/durable-event.ts";
import { isErasure, type StoredRecord } from "../../shared/protocol/history/record.ts";
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";
import type { Log } from "../../shared/runtime/log.ts";
import type { HistoryBudget } from "./budget.ts";
import type { HistoryReader } from "./reader.ts";
import type { Timeline } from "./timeline.ts";

export interface FollowerStats {
  /** Times a record was missing in the chain. */
  gaps: number;
  /** Gaps that could not be filled in time. */
  gapsUnfilled: number;
  /** Times a video's chain turned out to be a different one. */
  resets: number;
  /** Times all of a video was erased on request. */
  erased: number;
}

export interface FollowerOptions {
  readonly reader: HistoryReader;
  readonly budget: HistoryBudget;
  readonly stats: FollowerStats;
  readonly log: Log;
  readonly now: MonotonicClock;
  /** The longest time that events behind a gap are held back. */
  readonly waitMs: number;
  readonly checkMs: number;
  readonly random: () => number;
}

/** Callbacks to the follower's owner. */
export interface FollowerHandlers {
  /** Events that were read from the history, in the chain's order. */
  onEvents(events: readonly DurableEvent[]): void;
  /** The chain's head is `head`; what precedes it is unknown here, or of another chain. */
  onHead(head: number): void;
  /** This is the newest record of the history. */
  onNewest(record: StoredRecord): void;
}

/** How far records of two dispatchers may overtake each other, roughly. */
const REORDER_MS = 20;
/** The first check is early: dispatchers may have learned of our interest a little late. */
export const FIRST_CHECK_MS = 1_000;
const RETRY_MIN_MS = 50;
const RETRY_MAX_MS = 1_000;
/** Records read one by one before the whole history is read instead. */
const STEPS_LIMIT = 64;
const LOADS_LIMIT = 3;

export class ChainFollower {
  readonly timeline: Timeline;
  readonly #video: string;
  readonly #options: FollowerOptions;
  readonly #handlers: FollowerHandlers;
  readonly #backoff = new Backoff(RETRY_MIN_MS, RETRY_MAX_MS);
  #unlisten: () => void = () => undefined;
  /** The stream sequence from which to search for what follows our head. */
  #from = 1;
  #loading: Promise<void> | undefined;
  #syncing: Promise<void> | undefined;
  #syncTimer: NodeJS.Timeout | undefined;
  #checkTimer: NodeJS.Timeout | undefined;
  #gapSince: number | undefined;
  #receivedAt = Number.NEGATIVE_INFINITY;
  #stopped = false;

  constructor(
    video: string,
    timeline: Timeline,
    options: FollowerOptions,
    handlers: FollowerHandlers,
  ) {
    this.#video = video;
    this.timeline = timeline;
    this.#options = options;
    this.#handlers = handlers;
  }

  /** Whether it has ended: its timeline may lack what came since, and what it has not loaded. */
  get isStopped(): boolean {
    return this.#stopped;
  }

  start(): void {
    const { reader, checkMs } = this.#options;
    this.#unlisten = reader.listen({
      onReturned: () => this.#syncSoon(0),
      onRecreated: () => this.#restart(),
    });
    this.#scheduleCheck(Math.min(FIRST_CHECK_MS, checkMs));
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#syncTimer);
    clearTimeout(this.#checkTimer);
    this.#unlisten();
    this.#options.budget.forget(this.timeline);
  }

  /**
   * Receives a record that a dispatcher sent.
   * @returns the events that are new and have no gap before them, in the chain's order
   */
  receive(record: StoredRecord): readonly DurableEvent[] {
    this.#receivedAt = this.#options.now();
    const isFirst = this.timeline.head === undefined;
    const events = this.timeline.take(record);
    if (isFirst) this.#handlers.onHead(record.prev);
    // Its own sequence is not known, only that it is after this one.
    if (events.length > 0) this.#from = record.after + 1;
    this.#settle();
    this.#recordGap();
    return events;
  }

  /** A dispatcher reports that the chain goes up to `seq`. */
  receiveHead(seq: number): void {
    if (seq > (this.timeline.head ?? 0)) this.#syncSoon(REORDER_MS);
  }

  /**
   * Brings the timeline up to the head of the history.
   * @throws OvationError history_unavailable
   */
  async sync(): Promise<void> {
    this.#syncing ??= this.#sync().finally(() => {
      this.#syncing = undefined;
    });
    await this.#syncing;
  }

  /**
   * Loads all that the history keeps into the timeline; concurrent calls share one read.
   * @throws OvationError history_unavailable
   */
  async whole(): Promise<void> {
    // If the read is older than what is here, it is repeated.
    for (let tries = 0; tries < LOADS_LIMIT && !this.timeline.isComplete; tries += 1) {
      this.#loading ??= this.#load().finally(() => {
        this.#loading = undefined;
      });
      await this.#loading;
    }
  }

  async #sync(): Promise<void> {
    const { reader } = this.#options;
    const before = this.timeline.head;
    const newest = await reader.last(this.#video);
    if (this.#stopped) return;
    if (newest !== undefined) this.#handlers.onNewest(newest.record);
    const end = newest?.record.last ?? 0;
    if (before === undefined && this.timeline.head === undefined) {
      this.timeline.startAt(end);
      this.#from = (newest?.sequence ?? 0) + 1;
      this.#handlers.onHead(end);
      return;
    }
    if (before !== undefined && newest !== undefined && end < before) {
      await this.#load(true);
    } else if (newest !== undefined && end > (this.timeline.head ?? 0)) {
      await this.#readNext();
      if ((this.timeline.head ?? 0) < end) await this.#load();
    } else if (end === this.timeline.head && newest !== undefined) {
      this.#from = newest.sequence + 1;
    }
  }

  /** Reads what follows our head, record by record. */
  async #readNext(): Promise<void> {
    for (let steps = 0; steps < STEPS_LIMIT; steps += 1) {
      const next = await this.#options.reader.next(this.#video, this.#from);
      if (next === undefined || this.#stopped) return;
      const { head } = this.timeline;
      const events = this.timeline.take(next.record);
      this.#deliver(events);
      // It does not continue what we have: something in between was erased.
      if (events.length === 0 && next.record.last > (head ?? 0)) return;
      this.#from = Math.max(this.#from, next.sequence + 1);
    }
  }

  async #load(isLost = false): Promise<void> {
    const { reader, stats, log } = this.#options;
    const stored = await reader.whole(this.#video);
    if (this.#stopped) return;
    const { head } = this.timeline;
    const { events, isReset } = this.timeline.load(
      stored.map(({ record }) => record),
      isLost,
    );
    const newest = stored.at(-1);
    if (newest !== undefined && newest.record.last >= (this.timeline.head ?? 0)) {
      this.#from = newest.sequence + 1;
    }
    if (isReset && stored.some(({ record }) => isErasure(record) && record.last > (head ?? 0))) {
      stats.erased += 1;
      log.info({ video: this.#video }, "a video's history was erased: its viewers get a reset");
    } else if (isReset) {
      stats.resets += 1;
      log.warn(
        { video: this.#video },
        "a video's history is a different one: its viewers get a reset",
      );
    }
    if (isReset || head === undefined) this.#handlers.onHead(this.timeline.head ?? 0);
    this.#deliver(events);
  }

  /** The history was created again: everything known here is of the old one. */
  #restart(): void {
    this.timeline.startAt(0);
    this.#from = 1;
    this.#options.stats.resets += 1;
    this.#handlers.onHead(0);
    this.#syncSoon(0);
  }

  #deliver(events: readonly DurableEvent[]): void {
    this.#settle();
    if (events.length > 0) this.#handlers.onEvents(events);
  }

  /** The timeline has changed. */
  #settle(): void {
    this.#options.budget.touch(this.timeline);
    if (!this.timeline.hasGap) this.#gapSince = undefined;
  }

  #recordGap(): void {
    if (!this.timeline.hasGap || this.#gapSince !== undefined) return;
    this.#gapSince = this.#options.now();
    this.#options.stats.gaps += 1;
    this.#syncSoon(REORDER_MS);
  }

  /** Syncs after a while, and again until nothing is missing or the time is up. */
  #syncSoon(ms: number): void {
    if (this.#stopped) return;
    clearTimeout(this.#syncTimer);
    this.#syncTimer = setTimeout(() => {
      this.#syncTimer = undefined;
      this.sync().then(
        () => this.#synced(undefined),
        (error: unknown) => this.#synced(error),
      );
    }, ms);
  }

  #synced(error: unknown): void {
    if (this.#stopped) return;
    const { now, waitMs, stats, log } = this.#options;
    if (!this.timeline.hasGap) {
      this.#gapSince = undefined;
      if (error === undefined) this.#backoff.reset();
      else this.#syncSoon(this.#backoff.nextMs());
      return;
    }
    if (now() - (this.#gapSince ?? now()) < waitMs) {
      this.#syncSoon(this.#backoff.nextMs());
      return;
    }
    stats.gapsUnfilled += 1;
    log.warn({ video: this.#video, err: error }, "a gap in the history could not be filled");
    this.#deliver(this.timeline.skipGap());
  }

  #scheduleCheck(ms: number): void {
    const delay = jittered(ms, this.#options.random);
    this.#checkTimer = setTimeout(() => this.#check(), delay);
  }

  #check(): void {
    const { now, checkMs } = this.#options;
    // Records that keep arriving show by themselves when one is missing.
    if (now() - this.#receivedAt > Math.min(checkMs, FIRST_CHECK_MS)) this.#syncSoon(0);
    this.#scheduleCheck(checkMs);
  }
}

/** The histories of the videos at this gateway: their followers, and where a viewer resumes. */
import type { Bus } from "../../shared/bus/connection.ts";
import type { HistoryStream } from "../../shared/bus/history-stream.ts";
import type { GatewayConfig } from "../../shared/config/settings.ts";
import { OvationError } from "../../shared/protocol/errors.ts";
import type { DurableEvent } from "../../shared/protocol/history/durable-event.ts";
import { seqAt, timeOf } from "../../shared/protocol/history/record.ts";
import type { MonotonicClock, WallClock } from "../../shared/runtime/lifecycle.ts";
import type { Log } from "../../shared/runtime/log.ts";
import { HistoryBudget } from "./budget.ts";
import { ChainFollower, type FollowerHandlers, type FollowerStats } from "./follower.ts";
import { PageReads } from "./page-reads.ts";
import { HistoryReader } from "./reader.ts";
import { Timeline, type WantedKinds } from "./timeline.ts";

/** How far the clocks of dispatchers, which a `seq` is of, and of NATS may differ. */
const CLOCKS_MS = 60_000;

interface HistoriesOptions {
  readonly bus: Bus;
  readonly stream: HistoryStream;
  readonly config: GatewayConfig;
  readonly log: Log;
  readonly now: MonotonicClock;
  readonly wallClock: WallClock;
  readonly random: () => number;
}

/** Which past events a viewer requests when it subscribes. */
export interface ResumeRequest {
  /** It has all events up to this seq. */
  readonly after?: number | undefined;
  /** The incarnation of the history that `after` is of. */
  readonly epoch?: string | undefined;
  /** It wants this many of the newest; with `after`, only if it can't resume there. */
  readonly last?: number | undefined;
}

/** Where a viewer resumes, and what its answer says about it. */
export interface ResumePoint {
  /** The seq after which it gets all events; undefined: only new ones. */
  readonly after: number | undefined;
  readonly recovered?: boolean;
  readonly oldest?: number;
}

/** What may be read of the past: charged for bytes, as far as they are known before. */
export interface PastBudget {
  /** @throws OvationError rate_limited */
  past(bytes: number): void;
  /** @returns the charge. @throws OvationError rate_limited */
  advancePast(most: number): number;
  settlePast(charged: number, bytes: number): void;
}

/** Which part of the history to read. */
export interface PageRange {
  /** Only events after this `seq`, the oldest of them first; undefined: the newest before `before`. */
  readonly after: number | undefined;
  /** Only events before this `seq`. */
  readonly before: number;
  readonly limit: number;
}

export interface HistoryPage {
  readonly epoch: string;
  /** Events as msgpack, oldest first. */
  readonly events: readonly Uint8Array[];
  /** Whether there are more of the range: newer ones if it says `after`, else older ones. */
  readonly more: boolean;
  /** If the range says `after`: whether all events after it are still kept. */
  readonly recovered?: boolean;
  /** If they are not: `seq` of the oldest event that is kept; 0 when none is. */
  readonly oldest?: number;
}

export class VideoHistories {
  readonly reader: HistoryReader;
  readonly budget: HistoryBudget;
  readonly stats: FollowerStats = { gaps: 0, gapsUnfilled: 0, resets: 0, erased: 0 };
  readonly #options: HistoriesOptions;
  readonly #pages: PageReads;

  constructor(options: HistoriesOptions) {
    this.#options = options;
    this.reader = new HistoryReader(options);
    this.#pages = new PageReads(this.reader);
    this.budget = new HistoryBudget(options.config.historyCacheBytes);
  }

  /** The incarnation of the history; undefined until it could be read. */
  get epoch(): string | undefined {
    return this.reader.epoch;
  }

  start(): void {
    this.reader.start();
  }

  stop(): void {
    this.reader.stop();
  }

  /** A position as SSE clients remember it: `epoch:seq`. */
  positionText(seq: number): string | undefined {
    return this.epoch === undefined ? undefined : `${this.epoch}:${seq}`;
  }

  /** A follower of the video's chain; the caller starts it. */
  follow(video: string, handlers: FollowerHandlers): ChainFollower {
    const { config, log, now, random } = this.#options;
    const { reader, budget, stats } = this;
    const { historyWaitMs: waitMs, historyCheckMs: checkMs } = config;
    const options = { reader, budget, stats, log, now, random, waitMs, checkMs };
    return new ChainFollower(video, this.#timeline(), options, handlers);
  }

  /**
   * Finds where a viewer that requests past events resumes.
   * @param wanted the kinds that it gets
   * @throws OvationError history_unavailable
   */
  async resume(
    history: ChainFollower,
    request: ResumeRequest,
    wanted?: WantedKinds,
  ): Promise<ResumePoint> {
    const { after, last } = request;
    if (after === undefined && last === undefined) return { after: undefined };
    return await this.#within(async () => {
      if (after === undefined)
        return { after: await this.#seqBeforeLast(history, last ?? 0, wanted) };
      const { timeline } = history;
      const isOurs = request.epoch === undefined || request.epoch === this.epoch;
      if (isOurs && !timeline.covers(after)) await history.whole();
      // The viewer may be ahead of us: it has come from a gateway that got the record earlier.
      if (isOurs && after > (timeline.head ?? 0)) await history.sync();
      if (isOurs && timeline.covers(after)) return { after, recovered: true };
      if (!isOurs) await history.whole();
      const oldest = timeline.oldest();
      const seq = last === undefined ? undefined : await this.#seqBeforeLast(history, last, wanted);
      return { after: seq, recovered: false, oldest };
    });
  }

  /**
   * A part of the history.
   * @param history the video's follower, if the video is watched here
   * @param budget pays for the page, or for all that must be read for it
   * @throws OvationError history_unavailable, rate_limited
   */
  async page(
    video: string,
    history: ChainFollower | undefined,
    range: PageRange,
    budget: PastBudget,
  ): Promise<HistoryPage> {
    const { events, ...page } = await this.#within(async () => {
      const page = await this.#followedPage(history, range, budget);
      return page ?? this.#pageOf(await this.#readOnce(video, range, budget), range);
    });
    const { epoch } = this;
    if (epoch === undefined) throw new OvationError("history_unavailable");
    return { epoch, events: events.map(({ bytes }) => bytes), ...page };
  }

  /** A page of a video that is watched here; undefined when what is here may not be all of it. */
  async #followedPage(
    history: ChainFollower | undefined,
    range: PageRange,
    budget: PastBudget,
  ): Promise<TimelinePage | undefined> {
    if (history === undefined) return undefined;
    await history.whole();
    // A viewer that has seen a later event than this gateway has come from another one.
    if (range.before > (history.timeline.head ?? 0) + 1) await history.sync();
    const { timeline, isStopped } = history;
    // The last viewer may have left meanwhile, or the cache may have dropped what was loaded. From
    // here on nothing is awaited, since it may do that at any time.
    if (isStopped || !timeline.isComplete) return undefined;
    const page = this.#pageOf(timeline, range);
    budget.past(page.events.reduce((sum, { bytes }) => sum + bytes.length, 0));
    return page;
  }

  #pageOf(timeline: Timeline, { after, before, limit }: PageRange): TimelinePage {
    const page = timeline.page(before, limit, after);
    if (after === undefined) return page;
    const { floor } = timeline;
    const { wallClock, config, stream } = this.#options;
    // A chain whose events all became too old begins anew, without saying that it had any.
    const keptMs = Math.min(config.historyAgeMs, stream.keptMs);
    const isKept = after === 0 || after >= seqAt(wallClock() - keptMs);
    const recovered = floor === 0 ? isKept : floor <= after;
    return { ...page, recovered, ...(recovered ? {} : { oldest: timeline.oldest() }) };
  }

  async #seqBeforeLast(history: ChainFollower, last: number, wanted: WantedKinds): Promise<number> {
    const { timeline } = history;
    if (last > 0 && timeline.count(wanted) < last) await history.whole();
    else if (timeline.head === undefined) await history.sync();
    return timeline.seqBeforeLast(last, wanted);
  }

  /**
   * Reads what a page needs: all that follows `after`, not only the page, because later records
   * delete events and hold what is left of erased ones.
   */
  async #readOnce(video: string, { after = 0 }: PageRange, budget: PastBudget): Promise<Timeline> {
    const timeline = this.#timeline();
    const charged = budget.advancePast(this.#options.config.historyBytes);
    try {
      timeline.load(await this.#pages.since(video, timeOf(after) - CLOCKS_MS));
      return timeline;
    } finally {
      budget.settlePast(charged, timeline.bytes);
    }
  }

  #timeline(): Timeline {
    const { config, wallClock } = this.#options;
    const { historyEvents: events, historyBytes: bytes, historyAgeMs: ageMs } = config;
    return new Timeline({ events, bytes, ageMs }, wallClock);
  }

  /** Bounds every wait for the history. */
  async #within<T>(work: () => Promise<T>): Promise<T> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(
      () =>
        late.reject(new OvationError("history_unavailable", "the history did not answer in time")),
      this.#options.config.historyWaitMs,
    );
    try {
      return await Promise.race([work(), late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }
}

type TimelinePage = Pick<HistoryPage, "more" | "recovered" | "oldest"> & {
  readonly events: readonly DurableEvent[];
};

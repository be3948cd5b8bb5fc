/**
 * The viewers of one video at this gateway: one feed for those that get all kinds, and one for each
 * filter. What the bus brings is appended to the feeds that have its kind.
 */

import { RecentMap } from "../../shared/lib/recent-map.ts";
import type { CountedEvents } from "../../shared/protocol/counted-events.ts";
import { OvationError } from "../../shared/protocol/errors.ts";
import type { FanoutEvent } from "../../shared/protocol/fanout-message.ts";
import type { DurableEvent } from "../../shared/protocol/history/durable-event.ts";
import { chainTotalsOf, type StoredRecord } from "../../shared/protocol/history/record.ts";
import { VIEWERS_KIND } from "../../shared/protocol/kinds.ts";
import type { TraceContext } from "../../shared/runtime/tracing/trace-context.ts";
import type { ChainFollower } from "../history/follower.ts";
import type { VideoHistories } from "../history/histories.ts";
import { VideoState, type VideoStateOptions } from "../state/video-state.ts";
import { VideoTotals, type VideoTotalsOptions } from "../totals/video-totals.ts";
import { CountInterval } from "./count-interval.ts";
import { Feed, type FeedOptions } from "./feed.ts";
import type { Arrival } from "./frame.ts";
import type { FrameStats } from "./frame-stats.ts";
import type { KindFilter } from "./kind-filter.ts";

export interface AudienceOptions extends FeedOptions {
  /** The most percent of a video's filters that one client may bring. */
  readonly clientSharePercent: number;
  readonly countIntervalMs: number;
  readonly deduplicateMs: number;
  readonly histories: VideoHistories;
  readonly totals: VideoTotalsOptions;
  readonly state: VideoStateOptions;
  /** Shows an event to an actor's own viewers alone. */
  showTo(actor: string, video: string, event: FanoutEvent): void;
}

/** Who may be the first to have a filter. */
interface FilterBringer {
  readonly client: string;
  /** How many clients' shares it may take. */
  readonly shares: number;
}

export interface AudienceStats {
  /** Events received over the bus for viewers here; durable ones count when they are delivered. */
  received: number;
  /** Events whose publisher-given id was received before. */
  repeated: number;
  /** Different filters of all videos. */
  filters: number;
  readonly frames: FrameStats;
}

/** How many publisher-given ids are remembered, in each of two generations. */
const IDS_LIMIT = 8_192;
/** Different filters of one video, without those of numbers alone: these are few, and never refused. */
const FILTERS_LIMIT = 16;
const NONE: readonly CountedEvents[] = [];

export class Audience {
  readonly video: string;
  /** The video's chain of durable events. */
  readonly history: ChainFollower;
  readonly totals: VideoTotals;
  readonly state: VideoState;
  readonly #options: AudienceOptions;
  readonly #stats: AudienceStats;
  readonly #all: Feed;
  /** First the one of all kinds. */
  #feeds: readonly Feed[];
  /** Which client was the first to have a feed's filter. */
  readonly #broughtBy = new WeakMap<Feed, string>();
  readonly #recentKeys: RecentMap<true>;
  readonly #counts: CountInterval;

  constructor(video: string, options: AudienceOptions, stats: AudienceStats) {
    const { histories, now } = options;
    this.video = video;
    this.#options = options;
    this.#stats = stats;
    this.#recentKeys = new RecentMap(options.deduplicateMs, IDS_LIMIT, options.now);
    this.#counts = new CountInterval(options.countIntervalMs, now, (count) => {
      for (const feed of this.#feeds) feed.append(count);
      this.#schedule();
    });
    this.history = histories.follow(video, {
      onEvents: (events) => this.#receiveDurable(events),
      onHead: (head) => {
        for (const feed of this.#feeds) feed.moveTo(head);
      },
      onNewest: (record) => this.totals.receiveChain(chainTotalsOf(record)),
    });
    this.totals = new VideoTotals(video, options.totals, (event) => {
      for (const feed of this.#feeds) feed.append(event);
      this.#schedule();
    });
    this.state = new VideoState(video, options.state, (change) => {
      for (const feed of this.#feeds) feed.append(change);
      this.#schedule();
    });
    this.#all = this.#newFeed(undefined);
    this.#feeds = [this.#all];
  }

  start(): void {
    this.history.start();
    this.totals.start();
    this.state.start();
  }

  /**
   * The feed of a viewer that is about to subscribe. It must call `subscribe` or `abandon` once.
   * @throws OvationError filters_exceeded
   */
  open(filter: KindFilter | undefined, bringer: FilterBringer): Feed {
    const feed = filter === undefined ? this.#all : this.#feedOf(filter, bringer);
    feed.opening += 1;
    return feed;
  }

  /**
   * Receives events from the bus; they are sent with the next frame of each group.
   * @param trace the trace that they belong to
   * @param counted further events, of which viewers get the count only
   */
  receive(
    events: readonly FanoutEvent[],
    arrival?: Arrival,
    trace?: TraceContext,
    counted: readonly CountedEvents[] = NONE,
  ): void {
    const ends = trace === undefined ? undefined : this.#feeds.map(({ end }) => end);
    for (const event of events) {
      this.#stats.received += 1;
      if (event.onlyFor !== undefined) this.#options.showTo(event.onlyFor, this.video, event);
      else if (this.#isRepeat(event.repeatKey)) this.#stats.repeated += 1;
      else {
        const news = this.#newsIn(event);
        if (news !== undefined) for (const feed of this.#feeds) feed.append(news, arrival);
      }
    }
    for (const more of counted) this.#receiveCounted(more);
    if (trace !== undefined) {
      for (const [index, feed] of this.#feeds.entries()) {
        const { position } = feed.end;
        if (position === ends?.[index]?.position) continue;
        feed.trace(trace, events, (end) => end.position >= position);
      }
    }
    this.#schedule();
  }

  /**
   * Receives a record of durable events from the bus.
   * @param trace the trace that they belong to
   */
  receiveRecord(record: StoredRecord, arrival?: Arrival, trace?: TraceContext): void {
    const { events, last } = record;
    if (trace !== undefined && last > (this.history.timeline.head ?? 0)) {
      for (const feed of this.#feeds) {
        feed.trace(trace, events, ({ seq }) => seq !== undefined && seq >= last);
      }
    }
    this.#receiveDurable(this.history.receive(record), arrival);
    this.totals.receiveChain(chainTotalsOf(record));
  }

  stop(): void {
    this.#counts.stop();
    this.history.stop();
    this.totals.stop();
    this.state.stop();
    this.#stats.filters -= this.#feeds.length - 1;
    this.#feeds = [this.#all];
  }

  #feedOf(filter: KindFilter, bringer: FilterBringer): Feed {
    const known = this.#feeds.find((feed) => feed.filter?.key === filter.key);
    if (known !== undefined) return known;
    if (!filter.isNumbersAlone) this.#requireRoom(bringer);
    const feed = this.#newFeed(filter);
    this.#broughtBy.set(feed, bringer.client);
    feed.continueFrom(this.#all);
    this.#feeds = [...this.#feeds, feed];
    this.#stats.filters += 1;
    return feed;
  }

  /** @throws OvationError filters_exceeded */
  #requireRoom({ client, shares }: FilterBringer): void {
    const bounded = this.#feeds.filter((feed) => feed.filter?.isNumbersAlone === false);
    const own = bounded.filter((feed) => this.#broughtBy.get(feed) === client);
    const share = Math.ceil((FILTERS_LIMIT * this.#options.clientSharePercent) / 100);
    const most = Math.min(FILTERS_LIMIT, shares * share);
    const isFull = bounded.length >= FILTERS_LIMIT;
    if (!isFull && own.length < most) return;
    const limit = isFull ? FILTERS_LIMIT : most;
    const whose = isFull ? "a video's viewers" : "a client's viewers of a video";
    const text = `kinds: ${whose} may have ${limit} different filters here`;
    throw new OvationError("filters_exceeded", text, { field: "kinds", limit });
  }

  #newFeed(filter: KindFilter | undefined): Feed {
    const feed = new Feed(this.video, this.history, filter, this.#options, {
      frames: this.#stats.frames,
      onEmpty: () => this.#close(feed),
    });
    return feed;
  }

  /** A filter's feed ends with its last viewer. */
  #close(feed: Feed): void {
    if (feed === this.#all || !this.#feeds.includes(feed)) return;
    this.#feeds = this.#feeds.filter((other) => other !== feed);
    this.#stats.filters -= 1;
  }

  /** The event to show; undefined for a count that comes too soon, or a value that is not newer. */
  #newsIn(event: FanoutEvent): FanoutEvent | undefined {
    const { kind, state } = event;
    if (state !== undefined) return this.state.receive({ ...event, state });
    return kind !== VIEWERS_KIND || this.#counts.admits(event) ? event : undefined;
  }

  #isRepeat(repeatKey: string | undefined): boolean {
    if (repeatKey === undefined) return false;
    if (this.#recentKeys.get(repeatKey) !== undefined) return true;
    this.#recentKeys.set(repeatKey, true);
    return false;
  }

  #receiveCounted({ kind, variant, count, repeatKeys }: CountedEvents): void {
    let repeated = 0;
    for (const key of repeatKeys) if (this.#isRepeat(key)) repeated += 1;
    this.#stats.received += count;
    this.#stats.repeated += repeated;
    if (count === repeated) return;
    for (const feed of this.#feeds) feed.count(kind, variant, count - repeated);
  }

  #receiveDurable(events: readonly DurableEvent[], arrival?: Arrival): void {
    if (events.length === 0) return;
    for (const event of events) {
      this.#stats.received += 1;
      for (const feed of this.#feeds) feed.appendDurable(event, arrival);
    }
    this.#schedule();
  }

  #schedule(): void {
    for (const feed of this.#feeds) feed.schedule();
  }
}

/**
 * The viewers of one video at this gateway, in groups that each get their frames at a different
 * moment, and the events on their way to them.
 */

import { RecentMap } from "../../shared/lib/recent-map.ts";
import type { FanoutEvent } from "../../shared/protocol/fanout-message.ts";
import type { DurableEvent } from "../../shared/protocol/history/durable-event.ts";
import type { StoredRecord } from "../../shared/protocol/history/record.ts";
import { VIEWERS_KIND } from "../../shared/protocol/kinds.ts";
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";
import type { TraceContext } from "../../shared/runtime/tracing/trace-context.ts";
import type { Tracer } from "../../shared/runtime/tracing/tracer.ts";
import type { ChainFollower } from "../history/follower.ts";
import type { VideoHistories } from "../history/histories.ts";
import { CatchUp, type CatchUpStep } from "./catch-up.ts";
import { CountInterval } from "./count-interval.ts";
import type { DeliveryStats } from "./delivery-stats.ts";
import { type Cursor, EventLog, type LogLimits } from "./event-log.ts";
import type { Arrival } from "./frame.ts";
import type { FrameScheduler } from "./frame-scheduler.ts";
import type { FrameStats } from "./frame-stats.ts";
import { Group, type GroupOwner } from "./group.ts";
import { type Outlet, Subscription } from "./subscription.ts";
import { TracedDeliveries } from "./traced-deliveries.ts";

export interface AudienceOptions extends LogLimits {
  readonly groupViewers: number;
  readonly countIntervalMs: number;
  readonly deduplicateMs: number;
  readonly scheduler: FrameScheduler;
  readonly histories: VideoHistories;
  readonly now: MonotonicClock;
  readonly tracer: Tracer | undefined;
}

export interface AudienceStats {
  /** Events received over the bus for viewers here; durable ones count when they are delivered. */
  received: number;
  /** Events whose publisher-given id was received before. */
  repeated: number;
  readonly frames: FrameStats;
}

/** How many publisher-given ids are remembered, in each of two generations. */
const IDS_LIMIT = 8_192;

export class Audience implements GroupOwner {
  readonly video: string;
  /** The video's chain of durable events. */
  readonly history: ChainFollower;
  readonly #options: AudienceOptions;
  readonly #stats: AudienceStats;
  readonly #log: EventLog;
  readonly #catchUp: CatchUp;
  readonly #groups: Group[] = [];
  readonly #recentKeys: RecentMap<true>;
  readonly #counts: CountInterval;
  /** Undefined when tracing is off. */
  readonly #traced: TracedDeliveries | undefined;
  #viewerCount = 0;

  constructor(video: string, options: AudienceOptions, stats: AudienceStats) {
    const { histories, tracer, now } = options;
    const sseIdOf = (seq: number) => histories.positionText(seq);
    this.video = video;
    this.#options = options;
    this.#stats = stats;
    this.#log = new EventLog(video, sseIdOf, options);
    this.#recentKeys = new RecentMap(options.deduplicateMs, IDS_LIMIT, options.now);
    this.#counts = new CountInterval(options.countIntervalMs, now, (count) => {
      this.#log.append(count);
      this.#schedule();
    });
    this.history = histories.follow(video, {
      onEvents: (events) => this.#receiveDurable(events),
      onHead: (head) => this.#moveTo(head),
    });
    this.#traced = tracer === undefined ? undefined : new TracedDeliveries(video, tracer, now);
    this.#catchUp = new CatchUp(this.history, { video, sseIdOf, ...options });
  }

  start(): void {
    this.history.start();
  }

  get viewerCount(): number {
    return this.#viewerCount;
  }

  get groupCount(): number {
    return this.#groups.length;
  }

  /**
   * Subscribes a viewer.
   * @param after the `seq` of the last durable event that it has; absent: it has everything so far
   */
  subscribe(outlet: Outlet, stats: DeliveryStats, after?: number): Subscription {
    const { groupViewers } = this.#options;
    let group = this.#groups.find(({ members }) => members.length < groupViewers);
    if (group === undefined) {
      group = new Group(this, this.#groups.length, this.#log.end);
      this.#groups.push(group);
    }
    // The log has kept nothing for an empty group.
    if (group.size === 0) group.cursor = this.#log.end;
    // Otherwise the next frame would repeat events that the viewer got elsewhere.
    if (after !== undefined && after > (group.cursor.seq ?? 0)) this.#bringUpToDate(group);
    const { totals, seq } = group.cursor;
    // Position 0, so that the viewer gets all latest values.
    const from = { position: 0, totals, seq: after ?? seq };
    const subscription = new Subscription(outlet, stats, group, group.size, from);
    group.members.push(subscription);
    this.#viewerCount += 1;
    return subscription;
  }

  /** A subscription has ended. */
  left(): void {
    this.#viewerCount -= 1;
    while (this.#groups.at(-1)?.size === 0) this.#groups.pop();
    if (this.#viewerCount === 0) this.#traced?.forget();
  }

  /**
   * Receives events from the bus; they are sent with the next frame of each group.
   * @param trace the trace that they belong to
   */
  receive(events: readonly FanoutEvent[], arrival?: Arrival, trace?: TraceContext): void {
    const before = trace === undefined ? undefined : this.#log.end;
    for (const event of events) {
      this.#stats.received += 1;
      if (this.#isRepeat(event)) this.#stats.repeated += 1;
      else if (event.kind === VIEWERS_KIND) {
        if (this.#counts.admits(event)) this.#log.append(event, arrival);
      }
      // Without viewers, only the latest values are kept, for the next viewer.
      else if (this.#viewerCount > 0 || event.deliveryClass === "latest") {
        this.#log.append(event, arrival);
      }
    }
    if (trace !== undefined && before !== this.#log.end) {
      const { position } = this.#log.end;
      this.#follow(trace, events, (end) => end.position >= position);
    }
    this.#schedule();
  }

  /**
   * Receives a record of durable events from the bus.
   * @param trace the trace that they belong to
   */
  receiveRecord(record: StoredRecord, arrival?: Arrival, trace?: TraceContext): void {
    if (trace !== undefined && record.last > (this.history.timeline.head ?? 0)) {
      this.#follow(trace, record.events, ({ seq }) => seq !== undefined && seq >= record.last);
    }
    this.#receiveDurable(this.history.receive(record), arrival);
  }

  /** What a viewer that has everything up to `from` gets next on its way to `to`. */
  stepBetween(from: Cursor, to: Cursor): CatchUpStep | undefined {
    const step = this.#catchUp.next(from, to);
    if (step !== undefined) return step;
    const summary = this.#log.summary(from, to);
    return summary === undefined ? undefined : { form: "frame", frame: summary, reached: to };
  }

  /** Writes the group's next frame; returns whether another one must follow at once. */
  flush(group: Group): boolean {
    const { cursor, size } = group;
    const startedAt = this.#options.now();
    const { frame, next } = this.#log.read(cursor);
    group.cursor = next;
    // From the end: if a write closes its viewer, the one that takes its slot has the frame already.
    for (let slot = group.members.length - 1; slot >= 0; slot -= 1) {
      group.members[slot]?.deliver(frame, cursor);
    }
    this.#stats.frames.written(frame, startedAt);
    if (this.#traced?.isWaiting === true) {
      this.#traced.flushed(next, startedAt, size, this.#viewerCount);
    }
    this.#trim();
    return group.members.length > 0 && this.#log.hasAfter(next);
  }

  stop(): void {
    this.#counts.stop();
    this.history.stop();
  }

  #follow(
    trace: TraceContext,
    events: readonly { readonly kind: string }[],
    isWithin: (end: Cursor) => boolean,
  ): void {
    if (this.#viewerCount === 0) return;
    const kind = events[0]?.kind ?? "";
    this.#traced?.received({ trace, kind, events: events.length, isWithin });
  }

  #isRepeat({ repeatKey }: FanoutEvent): boolean {
    if (repeatKey === undefined) return false;
    if (this.#recentKeys.get(repeatKey) !== undefined) return true;
    this.#recentKeys.set(repeatKey, true);
    return false;
  }

  #receiveDurable(events: readonly DurableEvent[], arrival?: Arrival): void {
    if (events.length === 0) return;
    for (const event of events) {
      this.#stats.received += 1;
      if (event.retracts !== undefined) this.#catchUp.forget();
      if (this.#viewerCount === 0) this.#log.moveTo(event.seq);
      else this.#log.appendDurable(event, arrival);
      // Durable events are never sampled out, so a full log is sent before more is appended.
      if (this.#log.isFull) for (const group of this.#groups) this.#bringUpToDate(group);
    }
    this.#schedule();
  }

  /** The chain is at `head`; viewers with a position in another chain get a reset. */
  #moveTo(head: number): void {
    for (const group of this.#groups) this.#bringUpToDate(group);
    this.#log.moveTo(head);
    this.#catchUp.forget();
    for (const group of this.#groups) {
      const before = group.cursor;
      group.cursor = { ...before, seq: head };
      if (before.seq === undefined) continue;
      for (const subscription of [...group.members]) subscription.skip(before);
    }
  }

  #bringUpToDate(group: Group): void {
    while (group.members.length > 0 && this.#log.hasAfter(group.cursor)) this.flush(group);
  }

  #schedule(): void {
    for (const group of this.#groups) {
      if (!group.queued && group.members.length > 0 && this.#log.hasAfter(group.cursor)) {
        this.#options.scheduler.schedule(group);
      }
    }
  }

  #trim(): void {
    let oldest = this.#log.end.position;
    for (const { cursor, members } of this.#groups) {
      if (members.length > 0) oldest = Math.min(oldest, cursor.position);
    }
    this.#log.trim(oldest);
  }
}

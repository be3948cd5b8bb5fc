/**
 * The viewers of a video that get the same kinds, in groups that each get their frames at a
 * different moment, and the events on their way to them.
 */
import type { FanoutEvent } from "../../shared/protocol/fanout-message.ts";
import type { DurableEvent } from "../../shared/protocol/history/durable-event.ts";
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";
import type { TraceContext } from "../../shared/runtime/tracing/trace-context.ts";
import type { Tracer } from "../../shared/runtime/tracing/tracer.ts";
import type { ChainFollower } from "../history/follower.ts";
import type { VideoHistories } from "../history/histories.ts";
import { CatchUp, type CatchUpStep } from "./catch-up.ts";
import type { Cursor } from "./cursor.ts";
import type { DeliveryStats } from "./delivery-stats.ts";
import { EventLog, type LogLimits } from "./event-log.ts";
import type { Arrival } from "./frame.ts";
import type { FrameScheduler } from "./frame-scheduler.ts";
import type { FrameStats } from "./frame-stats.ts";
import type { Group, GroupOwner } from "./group.ts";
import type { KindFilter } from "./kind-filter.ts";
import { PaceGroups } from "./pace-groups.ts";
import { type Outlet, Subscription } from "./subscription.ts";
import { TracedDeliveries } from "./traced-deliveries.ts";

export interface FeedOptions extends LogLimits {
  readonly groupViewers: number;
  readonly scheduler: FrameScheduler;
  readonly histories: Pick<VideoHistories, "epoch" | "positionText">;
  readonly now: MonotonicClock;
  readonly tracer: Tracer | undefined;
}

interface FeedOwner {
  readonly frames: FrameStats;
  /** No viewer is left, and none is about to subscribe. */
  readonly onEmpty: () => void;
}

export class Feed implements GroupOwner {
  readonly video: string;
  /** Undefined: its viewers get all kinds. */
  readonly filter: KindFilter | undefined;
  readonly #options: FeedOptions;
  readonly #frames: FrameStats;
  readonly #log: EventLog;
  readonly #catchUp: CatchUp;
  /** Those whose frames come as often as the gateway can. */
  readonly #steady: PaceGroups;
  /** That, and those that asked for slower frames, each pace once. */
  readonly #paces: PaceGroups[];
  /** Undefined when tracing is off. */
  readonly #traced: TracedDeliveries | undefined;
  readonly #onEmpty: () => void;
  /** Viewers that are about to subscribe. */
  opening = 0;
  /** Its viewers now. */
  viewerCount = 0;

  constructor(
    video: string,
    history: ChainFollower,
    filter: KindFilter | undefined,
    options: FeedOptions,
    { frames, onEmpty }: FeedOwner,
  ) {
    const { histories, tracer, now } = options;
    this.video = video;
    const sseIdOf = (seq: number) => histories.positionText(seq);
    this.filter = filter;
    this.#options = options;
    this.#frames = frames;
    this.#onEmpty = onEmpty;
    this.#log = new EventLog(video, sseIdOf, options);
    this.#traced = tracer === undefined ? undefined : new TracedDeliveries(video, tracer, now);
    this.#catchUp = new CatchUp(history, { video, filter, sseIdOf, ...options });
    this.#steady = new PaceGroups(0, this, options.groupViewers);
    this.#paces = [this.#steady];
  }

  /** The end of its log. */
  get end(): Cursor {
    return this.#log.end;
  }

  /**
   * Subscribes a viewer for whom the feed was opened.
   * @param after the `seq` of the last durable event that it has; absent: it has everything so far
   */
  subscribe(outlet: Outlet, stats: DeliveryStats, after?: number): Subscription {
    const group = this.#steady.open(this.#log.end);
    // Otherwise the next frame would repeat events that the viewer got elsewhere.
    if (after !== undefined && after > (group.cursor.seq ?? 0)) this.bringUpToDate(group);
    const { totals, seq } = group.cursor;
    // Position 0, so that the viewer gets all newest values.
    const from = { position: 0, totals, seq: after ?? seq };
    const subscription = new Subscription(outlet, stats, group, from);
    group.add(subscription);
    this.viewerCount += 1;
    this.opening -= 1;
    return subscription;
  }

  /** A viewer for whom the feed was opened does not subscribe. */
  abandon(): void {
    this.opening -= 1;
    this.#endIfEmpty();
  }

  /** A subscription has ended. */
  left(): void {
    this.viewerCount -= 1;
    for (const pace of this.#paces) pace.prune();
    if (this.viewerCount === 0) this.#traced?.forget();
    this.#endIfEmpty();
  }

  groupAt(everyMs: number): Group {
    let pace = this.#paces.find((one) => one.everyMs === everyMs);
    if (pace === undefined) {
      pace = new PaceGroups(everyMs, this, this.#options.groupViewers);
      this.#paces.push(pace);
    }
    return pace.open(this.#log.end);
  }

  moved(): void {
    for (const pace of this.#paces) pace.prune();
    this.#trim();
  }

  /** Begins with the newest values and the position of another feed. */
  continueFrom(other: Feed): void {
    for (const event of other.#log.newestValues()) this.append(event);
    this.#moveLogTo(other.#log.end.seq);
  }

  /** Appends an event that is not part of the chain; it is sent when {@link schedule} is called. */
  append(event: FanoutEvent, arrival?: Arrival): void {
    if (this.filter !== undefined && !this.filter.has(event.kind)) return;
    // Without viewers, only the newest values are kept, for the next viewer.
    if (this.viewerCount === 0 && event.deliveryClass === "transient") return;
    this.#log.append(event, arrival);
  }

  /** Counts further transient events, of which viewers get no more than that. */
  count(kind: string, variant: string | undefined, events: number): void {
    if (this.viewerCount === 0 || this.filter?.has(kind) === false) return;
    this.#log.appendCount(kind, variant, events);
  }

  /** Appends the next event of the chain. */
  appendDurable(event: DurableEvent, arrival?: Arrival): void {
    if (event.retracts !== undefined) this.#catchUp.forget();
    if (this.viewerCount === 0 || this.filter?.has(event.kind) === false) {
      return this.#moveLogTo(event.seq);
    }
    this.#log.appendDurable(event, arrival);
    // Durable events are never sampled out, so a full log is sent before more is appended.
    if (this.#log.isFull) for (const group of this.#groups()) this.bringUpToDate(group);
  }

  /** The chain is at `head`; viewers with a position in another chain get a reset. */
  moveTo(head: number): void {
    if (this.filter?.hasDurable === false) return;
    for (const group of this.#groups()) this.bringUpToDate(group);
    this.#log.moveTo(head);
    this.#catchUp.forget();
    for (const group of this.#groups()) {
      const before = group.cursor;
      group.cursor = { ...before, seq: head };
      if (before.seq === undefined) continue;
      for (const subscription of [...group.members]) subscription.skip(before);
    }
  }

  /** Schedules a frame for each group that has not got all of the log. */
  schedule(): void {
    for (const group of this.#groups()) {
      if (!group.queued && group.members.length > 0 && this.#log.hasAfter(group.cursor)) {
        this.#options.scheduler.schedule(group);
      }
    }
    // Nobody's next frame does it soon.
    if (this.#steady.groups.length === 0) this.#trim();
  }

  /** Traces a message from its receipt until a frame that ends within it. */
  trace(
    trace: TraceContext,
    events: readonly { readonly kind: string }[],
    isWithin: (end: Cursor) => boolean,
  ): void {
    if (this.viewerCount === 0) return;
    const kind = events.find((event) => this.filter?.has(event.kind) !== false)?.kind;
    if (kind === undefined) return;
    this.#traced?.received({ trace, kind, events: events.length, isWithin });
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
    this.#frames.written(frame, startedAt, { isPaced: group.everyMs > 0 });
    if (this.#traced?.isWaiting === true) {
      this.#traced.flushed(next, startedAt, size, this.viewerCount);
    }
    this.#trim();
    return group.members.length > 0 && this.#log.hasAfter(next);
  }

  #endIfEmpty(): void {
    if (this.viewerCount === 0 && this.opening === 0) this.#onEmpty();
  }

  #moveLogTo(seq: number | undefined): void {
    if (seq !== undefined && this.filter?.hasDurable !== false) this.#log.moveTo(seq);
  }

  bringUpToDate(group: Group): void {
    while (group.members.length > 0 && this.#log.hasAfter(group.cursor)) this.flush(group);
  }

  #trim(): void {
    const end = this.#log.end.position;
    const read = this.#steady.readUpTo(end);
    let slower = read;
    for (const pace of this.#paces) slower = Math.min(slower, pace.readUpTo(end));
    this.#log.trim(read, slower);
  }

  *#groups(): Iterable<Group> {
    for (const { groups } of this.#paces) yield* groups;
  }
}

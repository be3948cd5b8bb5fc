/**
 * The viewers of one video at this gateway, in groups that each get their frames at a moment of
 * their own, and the events on their way to them.
 */
import type { DispatchedEvent } from "../shared/dispatched.ts";
import { VIEWERS_KIND } from "../shared/kinds.ts";
import type { MonotonicClock } from "../shared/lifecycle.ts";
import { type Cursor, EventLog, type LogLimits } from "./event-log.ts";
import type { Frame } from "./frame.ts";
import type { FrameGroup, FrameScheduler } from "./frame-scheduler.ts";
import { RecentIds } from "./recent-ids.ts";
import type { Viewer } from "./viewer.ts";

export interface Membership {
  readonly viewer: Viewer;
  readonly audience: Audience;
  readonly group: Group;
  /** Its place in the group's list. */
  slot: number;
  /** Since when it has missed frames, if it has. */
  missedFrom: Cursor | undefined;
}

export interface AudienceOptions extends LogLimits {
  readonly groupViewers: number;
  readonly countIntervalMs: number;
  readonly deduplicateMs: number;
  readonly sseEpoch: string;
  readonly scheduler: FrameScheduler;
  readonly now: MonotonicClock;
}

export interface AudienceStats {
  /** Events that came over the bus for viewers here. */
  received: number;
  /** Events that had come before under the id that their publisher gave. */
  repeated: number;
  /** Durable events that found too many waiting. */
  durableOverflow: number;
}

class Group implements FrameGroup {
  dueAt = 0;
  queued = false;
  cursor: Cursor;
  readonly members: Membership[] = [];
  readonly #audience: Audience;
  readonly #index: number;

  constructor(audience: Audience, index: number, cursor: Cursor) {
    this.#audience = audience;
    this.#index = index;
    this.cursor = cursor;
  }

  get size(): number {
    return this.members.length;
  }

  get phase(): number {
    return (this.#index + 1) / Math.max(this.#index + 1, this.#audience.groupCount);
  }

  flush(): boolean {
    return this.#audience.flush(this);
  }
}

export class Audience {
  readonly video: string;
  readonly #options: AudienceOptions;
  readonly #stats: AudienceStats;
  readonly #log: EventLog;
  readonly #groups: Group[] = [];
  readonly #recentIds: RecentIds;
  #viewerCount = 0;
  #heldViewers: DispatchedEvent | undefined;
  #viewersTimer: NodeJS.Timeout | undefined;
  #viewersToldAt = Number.NEGATIVE_INFINITY;

  constructor(video: string, options: AudienceOptions, stats: AudienceStats) {
    this.video = video;
    this.#options = options;
    this.#stats = stats;
    this.#log = new EventLog(video, options.sseEpoch, options);
    this.#recentIds = new RecentIds(options.deduplicateMs, options.now);
  }

  get viewerCount(): number {
    return this.#viewerCount;
  }

  get groupCount(): number {
    return this.#groups.length;
  }

  add(viewer: Viewer): Membership {
    const { groupViewers } = this.#options;
    let group = this.#groups.find(({ members }) => members.length < groupViewers);
    if (group === undefined) {
      group = new Group(this, this.#groups.length, this.#log.end);
      this.#groups.push(group);
    }
    const slot = group.members.length;
    const membership = { viewer, audience: this, group, slot, missedFrom: undefined };
    // An empty group has no reader that the log would have kept anything for.
    if (slot === 0) group.cursor = this.#log.end;
    group.members.push(membership);
    this.#viewerCount += 1;
    return membership;
  }

  remove(membership: Membership): void {
    const { members } = membership.group;
    const last = members.pop();
    if (last === undefined) return;
    if (last !== membership) {
      members[membership.slot] = last;
      last.slot = membership.slot;
    }
    this.#viewerCount -= 1;
    while (this.#groups.at(-1)?.members.length === 0) this.#groups.pop();
  }

  /** Takes events off the bus; they leave with the next frame of each group. */
  receive(events: readonly DispatchedEvent[]): void {
    for (const event of events) {
      this.#stats.received += 1;
      if (event.givenId !== undefined && !this.#recentIds.add(event.givenId)) {
        this.#stats.repeated += 1;
      } else if (event.kind === VIEWERS_KIND) this.#receiveViewers(event);
      // While nobody is here to read it, only what the next viewer is given is kept.
      else if (this.#viewerCount > 0 || event.deliveryClass === "latest") this.#log.append(event);
    }
    this.#schedule();
  }

  /** Where the video's events are now, as an SSE message tells it. */
  get sseId(): string {
    return this.#log.sseIdAt(this.#log.end);
  }

  /** The newest values of latest kinds, for a viewer that has just come. */
  latest(): Frame | undefined {
    return this.#log.latest();
  }

  /** From where a viewer is to be told the latest values that it could not be given on coming. */
  beforeAllLatest({ group }: Membership): Cursor {
    return { position: 0, totals: group.cursor.totals };
  }

  /** What a viewer missed from `from` up to what its group has had. */
  summary(from: Cursor, membership: Membership): Frame {
    return this.#log.summary(from, membership.group.cursor);
  }

  /** Writes the group's next frame; returns whether another one is due at once. */
  flush(group: Group): boolean {
    const { cursor } = group;
    const { frame, next } = this.#log.read(cursor);
    group.cursor = next;
    // From the end: a viewer that is closed by its write is replaced by one that has had the frame.
    for (let slot = group.members.length - 1; slot >= 0; slot -= 1) {
      const membership = group.members[slot];
      membership?.viewer.deliver(frame, membership, cursor);
    }
    this.#trim();
    return group.members.length > 0 && this.#log.hasAfter(next);
  }

  stop(): void {
    clearTimeout(this.#viewersTimer);
  }

  #schedule(): void {
    for (const group of this.#groups) {
      if (!group.queued && group.members.length > 0 && this.#log.hasAfter(group.cursor)) {
        this.#options.scheduler.schedule(group);
      }
    }
  }

  /** Several dispatchers may tell the count; viewers hear it once an interval, the newest. */
  #receiveViewers(event: DispatchedEvent): void {
    const { countIntervalMs, now } = this.#options;
    const wait = this.#viewersToldAt + countIntervalMs - now();
    if (wait > 0) {
      this.#heldViewers = event;
      this.#viewersTimer ??= setTimeout(() => this.#tellHeldViewers(), wait);
      return;
    }
    this.#heldViewers = undefined;
    this.#viewersToldAt = now();
    this.#log.append(event);
  }

  #tellHeldViewers(): void {
    this.#viewersTimer = undefined;
    const event = this.#heldViewers;
    if (event === undefined) return;
    this.#heldViewers = undefined;
    this.#viewersToldAt = this.#options.now();
    this.#log.append(event);
    this.#schedule();
  }

  #trim(): void {
    let oldest = this.#log.end.position;
    for (const { cursor, members } of this.#groups) {
      if (members.length > 0) oldest = Math.min(oldest, cursor.position);
    }
    this.#log.trim(oldest);
    this.#stats.durableOverflow += this.#log.takeOverflow();
  }
}

/** Viewers of one video that get their frames at the same moment. */
import type { CatchUpStep } from "./catch-up.ts";
import type { Cursor } from "./cursor.ts";
import type { FrameGroup } from "./frame-scheduler.ts";
import type { Subscription, SubscriptionGroup } from "./subscription.ts";

/** What a group needs of its video's audience. */
export interface GroupOwner {
  readonly viewerCount: number;
  /** A group of this pace that has room for a viewer. */
  groupAt(everyMs: number): Group;
  /** Writes the group's next frame; returns whether another one must follow at once. */
  flush(group: Group): boolean;
  /** Writes all frames that the group has not got. */
  bringUpToDate(group: Group): void;
  /** What a viewer that has everything up to `from` gets next on its way to `to`. */
  stepBetween(from: Cursor, to: Cursor): CatchUpStep | undefined;
  /** A viewer has moved to another group. */
  moved(): void;
  /** A subscription has ended. */
  left(): void;
}

/** The groups of a video that get frames at the same pace. */
interface Pace {
  /** 0 if the gateway alone determines it. */
  readonly everyMs: number;
  readonly groups: readonly Group[];
}

export class Group implements FrameGroup, SubscriptionGroup {
  dueAt = 0;
  queuedAt = 0;
  queued = false;
  cursor: Cursor;
  readonly members: Subscription[] = [];
  readonly #owner: GroupOwner;
  readonly #pace: Pace;
  readonly #index: number;

  constructor(owner: GroupOwner, pace: Pace, index: number, cursor: Cursor) {
    this.#owner = owner;
    this.#pace = pace;
    this.#index = index;
    this.cursor = cursor;
  }

  get size(): number {
    return this.members.length;
  }

  get audience(): number {
    return this.#owner.viewerCount;
  }

  get everyMs(): number {
    return this.#pace.everyMs;
  }

  get phase(): number {
    return (this.#index + 1) / Math.max(this.#index + 1, this.#pace.groups.length);
  }

  flush(): boolean {
    return this.#owner.flush(this);
  }

  next(from: Cursor): CatchUpStep | undefined {
    return this.#owner.stepBetween(from, this.cursor);
  }

  add(subscription: Subscription): void {
    subscription.slot = this.members.length;
    this.members.push(subscription);
  }

  move(subscription: Subscription, everyMs: number): Group {
    if (everyMs === this.everyMs) return this;
    const group = this.#owner.groupAt(everyMs);
    // One that has not got its newest values may have later durable events than the group.
    if (!subscription.hasPosition) this.#owner.bringUpToDate(group);
    this.#release(subscription);
    group.add(subscription);
    this.#owner.moved();
    return group;
  }

  remove(subscription: Subscription): void {
    this.#release(subscription);
    this.#owner.left();
  }

  #release(subscription: Subscription): void {
    const last = this.members.pop();
    if (last === undefined || last === subscription) return;
    this.members[subscription.slot] = last;
    last.slot = subscription.slot;
  }
}

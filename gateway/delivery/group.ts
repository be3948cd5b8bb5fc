/** Viewers of one video that get their frames at the same moment. */
import type { CatchUpStep } from "./catch-up.ts";
import type { Cursor } from "./event-log.ts";
import type { FrameGroup } from "./frame-scheduler.ts";
import type { Subscription, SubscriptionGroup } from "./subscription.ts";

/** What a group needs of its video's audience. */
export interface GroupOwner {
  readonly groupCount: number;
  /** Writes the group's next frame; returns whether another one must follow at once. */
  flush(group: Group): boolean;
  /** What a viewer that has everything up to `from` gets next on its way to `to`. */
  stepBetween(from: Cursor, to: Cursor): CatchUpStep | undefined;
  /** A subscription has ended. */
  left(): void;
}

export class Group implements FrameGroup, SubscriptionGroup {
  dueAt = 0;
  queuedAt = 0;
  queued = false;
  cursor: Cursor;
  readonly members: Subscription[] = [];
  readonly #owner: GroupOwner;
  readonly #index: number;

  constructor(owner: GroupOwner, index: number, cursor: Cursor) {
    this.#owner = owner;
    this.#index = index;
    this.cursor = cursor;
  }

  get size(): number {
    return this.members.length;
  }

  get phase(): number {
    return (this.#index + 1) / Math.max(this.#index + 1, this.#owner.groupCount);
  }

  flush(): boolean {
    return this.#owner.flush(this);
  }

  next(from: Cursor): CatchUpStep | undefined {
    return this.#owner.stepBetween(from, this.cursor);
  }

  remove(subscription: Subscription): void {
    const last = this.members.pop();
    if (last !== undefined && last !== subscription) {
      this.members[subscription.slot] = last;
      last.slot = subscription.slot;
    }
    this.#owner.left();
  }
}

/**
 * One viewer's subscription to one video: what the viewer has received, and how it gets the rest.
 * Only the subscription knows whether the viewer has fallen behind its group.
 */
import type { SendOutcome } from "../transport/send-outcome.ts";
import type { CatchUpStep } from "./catch-up.ts";
import type { Cursor } from "./cursor.ts";
import type { DeliveryStats, DropReason } from "./delivery-stats.ts";
import type { Frame, Wire } from "./frame.ts";

/** A viewer's connection, as far as frames are concerned. It never throws. */
export interface Outlet {
  readonly wire: Wire;
  send(bytes: Uint8Array): SendOutcome;
}

/** The group of viewers that a subscription belongs to. */
export interface SubscriptionGroup {
  /** Its viewers have everything up to here, but those that are behind. */
  readonly cursor: Cursor;
  /** What a viewer that has everything up to `from` needs next; undefined when it is up to date. */
  next(from: Cursor): CatchUpStep | undefined;
  /** Moves a viewer to a group of this pace, which is returned. */
  move(subscription: Subscription, everyMs: number): SubscriptionGroup;
  remove(subscription: Subscription): void;
}

export class Subscription {
  /** Its index in the group's list, maintained by the group. */
  slot = 0;
  readonly #outlet: Outlet;
  readonly #stats: DeliveryStats;
  #group: SubscriptionGroup;
  /**
   * The cursor up to which the viewer has everything, while it is behind its group, or ahead of one
   * with slower frames that it has come to.
   */
  #missedFrom: Cursor | undefined;
  #isReading = false;
  #isEnded = false;

  /** @param from the cursor up to which the viewer has everything */
  constructor(outlet: Outlet, stats: DeliveryStats, group: SubscriptionGroup, from: Cursor) {
    this.#outlet = outlet;
    this.#stats = stats;
    this.#group = group;
    this.#missedFrom = from;
  }

  /** Whether it is known what the viewer has of all kinds; not so before it has got anything. */
  get hasPosition(): boolean {
    return this.#missedFrom?.position !== 0;
  }

  /**
   * The viewer gets its frames at another pace from now on. What its new group has got and it has
   * not comes at once.
   */
  setPace(everyMs: number): void {
    const { cursor } = this.#group;
    const group = this.#group.move(this, everyMs);
    if (group === this.#group) return;
    this.#missedFrom ??= cursor;
    this.#group = group;
    this.catchUp();
  }

  /** Sends the group's frame, which begins at `from`, or counts what the viewer missed of it. */
  deliver(frame: Frame, from: Cursor): void {
    let reason: DropReason = "catching_up";
    // The group has caught up with this viewer, which has the frame's first part.
    if (this.#missedFrom !== undefined && this.#missedFrom.position > from.position) {
      this.catchUp();
      return;
    }
    if (this.#missedFrom === undefined) {
      if (this.#write(frame) !== "dropped") return;
      this.#missedFrom = from;
      reason = "buffer_full";
    }
    const dropped = this.#stats.dropped[reason];
    dropped.transient += frame.tally.transient;
    dropped.durable += frame.tally.durable;
    dropped.latest += frame.tally.latest;
    dropped.state += frame.tally.state;
  }

  /** The group's cursor moved from `from` without a frame: sends the viewer what lies between. */
  skip(from: Cursor): void {
    this.#missedFrom ??= from;
    this.catchUp();
  }

  /** Sends what the viewer missed, as far as there is room; transient events as counts. */
  catchUp(): SendOutcome {
    while (this.#missedFrom !== undefined) {
      if (this.#missedFrom.position > this.#group.cursor.position) break;
      const step = this.#group.next(this.#missedFrom);
      if (step === undefined) {
        this.#missedFrom = undefined;
        break;
      }
      if (step.form === "later") {
        this.#catchUpAfter(step.ready);
        break;
      }
      const outcome = this.#send(step);
      if (outcome !== "sent") return outcome;
      this.#missedFrom = step.reached;
    }
    return "sent";
  }

  /** The viewer no longer watches the video. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#group.remove(this);
  }

  #send(step: Exclude<CatchUpStep, { form: "later" }>): SendOutcome {
    if (step.form === "reset") return this.#outlet.send(step.on(this.#outlet.wire));
    const outcome = this.#write(step.frame);
    if (outcome === "sent" && step.frame.counts !== undefined) this.#stats.summaries += 1;
    return outcome;
  }

  #catchUpAfter(ready: Promise<void>): void {
    if (this.#isReading) return;
    this.#isReading = true;
    void ready.then(() => {
      this.#isReading = false;
      if (!this.#isEnded) this.catchUp();
    });
  }

  #write(frame: Frame): SendOutcome {
    const bytes = frame.on(this.#outlet.wire);
    const outcome = this.#outlet.send(bytes);
    if (outcome === "sent") {
      this.#stats.frames += 1;
      this.#stats.delivered += frame.events.length;
      this.#stats.bytes += bytes.length;
      this.#stats.sampled += frame.sampledOut;
    }
    return outcome;
  }
}

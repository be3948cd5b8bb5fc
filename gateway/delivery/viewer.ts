/**
 * One viewer: a connection of whatever wire, and the videos that it watches. A viewer that reads too
 * slowly misses frames; what it missed is counted, and told to it when there is room again.
 */

import { CompactMap } from "../../shared/lib/compact-map.ts";
import type { Audience, Membership } from "./audience.ts";
import type { Cursor } from "./event-log.ts";
import type { Frame, Wire } from "./frame.ts";

/** What became of a write: `dropped` means that nothing of it was or will be sent. */
export type SendOutcome = "sent" | "dropped" | "closed";

/** A viewer's connection, as far as frames are concerned. It never throws. */
export interface Outlet {
  readonly wire: Wire;
  send(bytes: Uint8Array): SendOutcome;
}

/**
 * Why a viewer was not sent a frame: its buffer was full, or it is being told what came before, of
 * which it missed something or which it asked for.
 */
export type DropReason = "buffer_full" | "catching_up";

interface DroppedEvents {
  transient: number;
  durable: number;
  latest: number;
}

/** What viewers of this gateway got and didn't get, over all of them, by delivery class. */
export interface DeliveryStats {
  frames: number;
  delivered: number;
  bytes: number;
  /** Events told as counts only, since their frame was over its bound. */
  sampled: number;
  readonly dropped: Readonly<Record<DropReason, DroppedEvents>>;
  /** Summaries sent to viewers that had missed frames. */
  summaries: number;
}

export function emptyDeliveryStats(): DeliveryStats {
  return {
    frames: 0,
    delivered: 0,
    bytes: 0,
    sampled: 0,
    dropped: {
      buffer_full: { transient: 0, durable: 0, latest: 0 },
      catching_up: { transient: 0, durable: 0, latest: 0 },
    },
    summaries: 0,
  };
}

export class Viewer {
  readonly #outlet: Outlet;
  readonly #stats: DeliveryStats;
  readonly #memberships = new CompactMap<Membership>();

  constructor(outlet: Outlet, stats: DeliveryStats) {
    this.#outlet = outlet;
    this.#stats = stats;
  }

  get wire(): Wire {
    return this.#outlet.wire;
  }

  /**
   * From now on this viewer gets the video's events.
   * @param after and first the durable events after this place; absent: none
   */
  join(audience: Audience, after?: number): void {
    const membership = audience.add(this, after);
    this.#memberships.set(audience.video, membership);
    this.#catchUpWith(membership);
  }

  leave(video: string): void {
    const membership = this.#memberships.get(video);
    if (membership === undefined) return;
    this.#memberships.delete(video);
    membership.audience.remove(membership);
  }

  leaveAll(): void {
    for (const video of this.#memberships.keys()) this.leave(video);
  }

  /** Gives the viewer a frame of its group, or counts what it missed of it. */
  deliver(frame: Frame, membership: Membership, before: Cursor): void {
    let reason: DropReason = "catching_up";
    if (membership.missedFrom === undefined) {
      const outcome = this.#write(frame);
      if (outcome !== "dropped") return;
      membership.missedFrom = before;
      reason = "buffer_full";
    }
    const dropped = this.#stats.dropped[reason];
    dropped.transient += frame.tally.transient;
    dropped.durable += frame.tally.durable;
    dropped.latest += frame.tally.latest;
  }

  /** There is room again: tells, for each video, what was missed, transient events in counts. */
  catchUp(): void {
    for (const membership of this.#memberships.values()) {
      if (this.#catchUpWith(membership) === "dropped") return;
    }
  }

  #catchUpWith(membership: Membership): SendOutcome {
    if (membership.missedFrom === undefined) return "sent";
    const { audience } = membership;
    for (
      let owed = audience.owed(membership);
      owed !== undefined;
      owed = audience.owed(membership)
    ) {
      if (owed.form === "later") {
        this.#awaitPast(membership, owed.ready);
        return "sent";
      }
      const outcome =
        owed.form === "frame" ? this.#write(owed.frame) : this.#outlet.send(owed.on(this.wire));
      if (outcome !== "sent") return outcome;
      if (owed.form === "frame" && owed.frame.counts !== undefined) this.#stats.summaries += 1;
      membership.missedFrom = owed.reached;
    }
    membership.missedFrom = undefined;
    return "sent";
  }

  #awaitPast(membership: Membership, ready: Promise<void>): void {
    if (membership.isWaiting) return;
    membership.isWaiting = true;
    void ready.then(() => {
      membership.isWaiting = false;
      const isMember = this.#memberships.get(membership.audience.video) === membership;
      if (isMember) this.#catchUpWith(membership);
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

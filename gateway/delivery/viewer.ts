/** One viewer: a connection over any wire, and its subscriptions. */
import { CompactMap } from "../../shared/lib/compact-map.ts";
import type { SendOutcome } from "../transport/send-outcome.ts";
import type { DeliveryStats } from "./delivery-stats.ts";
import type { Feed } from "./feed.ts";
import type { Frame, Wire } from "./frame.ts";
import type { Outlet, Subscription } from "./subscription.ts";

/** A connection; `sendShared` may wait for other frames of the same turn. */
interface ViewerOutlet extends Outlet {
  sendShared?(bytes: Uint8Array): SendOutcome;
}

export class Viewer implements Outlet {
  readonly #outlet: ViewerOutlet;
  readonly #stats: DeliveryStats;
  readonly #subscriptions = new CompactMap<Subscription>();
  #everyMs = 0;

  constructor(outlet: ViewerOutlet, stats: DeliveryStats) {
    this.#outlet = outlet;
    this.#stats = stats;
  }

  get wire(): Wire {
    return this.#outlet.wire;
  }

  /** How many videos it watches. */
  get videoCount(): number {
    return this.#subscriptions.size;
  }

  /** Sends a frame; those of several videos that are due in one turn are one write. */
  send(bytes: Uint8Array): SendOutcome {
    const { size } = this.#subscriptions;
    return (size > 1 ? this.#outlet.sendShared?.(bytes) : undefined) ?? this.#outlet.send(bytes);
  }

  /**
   * Frames of each video come at least so far apart from now on. What was held back and is due at
   * the new pace comes at once.
   * @param everyMs as `paceWithin` returns it
   */
  setPace(everyMs: number): void {
    this.#everyMs = everyMs;
    for (const subscription of this.#subscriptions.values()) subscription.setPace(everyMs);
  }

  /**
   * Subscribes this viewer to a video.
   * @param feed opened for it
   * @param after the `seq` of the last durable event that it has; absent: it wants no earlier ones
   */
  join(feed: Feed, after?: number): void {
    const subscription = feed.subscribe(this, this.#stats, after);
    this.#subscriptions.set(feed.video, subscription);
    subscription.catchUp();
    subscription.setPace(this.#everyMs);
  }

  /** Sends a frame to this viewer alone, apart from what the others get; it may miss it. */
  show(frame: Frame): void {
    if (this.#subscriptions.has(frame.video)) this.#outlet.send(frame.on(this.#outlet.wire));
  }

  leave(video: string): void {
    this.#subscriptions.get(video)?.end();
    this.#subscriptions.delete(video);
  }

  leaveAll(): void {
    for (const video of this.#subscriptions.keys()) this.leave(video);
  }

  /** The connection has room again: sends what was missed. */
  catchUp(): void {
    for (const subscription of this.#subscriptions.values()) {
      if (subscription.catchUp() === "dropped") return;
    }
  }
}

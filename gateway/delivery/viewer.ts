/** One viewer: a connection over any wire, and its subscriptions. */
import { CompactMap } from "../../shared/lib/compact-map.ts";
import type { DeliveryStats } from "./delivery-stats.ts";
import type { Feed } from "./feed.ts";
import type { Frame } from "./frame.ts";
import type { Outlet, Subscription } from "./subscription.ts";

export class Viewer {
  readonly #outlet: Outlet;
  readonly #stats: DeliveryStats;
  readonly #subscriptions = new CompactMap<Subscription>();

  constructor(outlet: Outlet, stats: DeliveryStats) {
    this.#outlet = outlet;
    this.#stats = stats;
  }

  /**
   * Subscribes this viewer to a video.
   * @param feed opened for it
   * @param after the `seq` of the last durable event that it has; absent: it wants no earlier ones
   */
  join(feed: Feed, after?: number): void {
    const subscription = feed.subscribe(this.#outlet, this.#stats, after);
    this.#subscriptions.set(feed.video, subscription);
    subscription.catchUp();
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

/**
 * A gateway says itself that it begins to watch a video, just before it writes its row. The watch of
 * the table may bring the row later than the viewer is answered, and what that viewer publishes would
 * pass it by; this message can't come later. It counts until the row has had the time to come.
 */
import type { Bus, BusSubscription } from "../../shared/bus/connection.ts";
import { parseWatchedSubject, WATCHED_SUBJECTS } from "../../shared/protocol/subjects.ts";
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";
import type { RouteTable } from "./routes.ts";

/** The watch lags some milliseconds. An event that is sent in vain costs nothing. */
const KEPT_MS = 10_000;
/** Beyond it, those that came first are let go of before their time. */
const LIMIT = 100_000;

interface AnnouncedOptions {
  readonly bus: Pick<Bus, "subscribe">;
  readonly routes: Pick<RouteTable, "announce" | "endAnnounced">;
  readonly now: MonotonicClock;
}

interface Announcement {
  readonly video: string;
  readonly gateway: string;
  readonly until: number;
}

export class Announced {
  readonly #options: AnnouncedOptions;
  /** By their subject, those that end first coming first. */
  readonly #all = new Map<string, Announcement>();
  #subscription: BusSubscription | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Let go of before their time. */
  dropped = 0;

  constructor(options: AnnouncedOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#all.size;
  }

  start(): void {
    const { bus } = this.#options;
    this.#subscription = bus.subscribe(WATCHED_SUBJECTS, (_payload, subject, _reply, isRelayed) => {
      // Gateways send it themselves: this is forged.
      if (!isRelayed) this.take(subject);
    });
  }

  stop(): void {
    this.#subscription?.unsubscribe();
    clearTimeout(this.#timer);
  }

  /** @param subject that a gateway sent on */
  take(subject: string): void {
    const name = parseWatchedSubject(subject);
    if (name === undefined) return;
    const { routes, now } = this.#options;
    // Behind the others, also when it came before.
    this.#all.delete(subject);
    this.#all.set(subject, { ...name, until: now() + KEPT_MS });
    routes.announce(name.video, name.gateway);
    for (const [oldest, announcement] of this.#all) {
      if (this.#all.size <= LIMIT) break;
      this.dropped += 1;
      this.#end(oldest, announcement);
    }
    this.#timer ??= setTimeout(() => this.#endOld(), KEPT_MS);
  }

  #endOld(): void {
    this.#timer = undefined;
    const now = this.#options.now();
    for (const [subject, announcement] of this.#all) {
      const left = announcement.until - now;
      if (left > 0) {
        this.#timer = setTimeout(() => this.#endOld(), Math.ceil(left));
        return;
      }
      this.#end(subject, announcement);
    }
  }

  #end(subject: string, { video, gateway }: Announcement): void {
    this.#all.delete(subject);
    this.#options.routes.endAnnounced(video, gateway);
  }
}

/**
 * A gateway announces that it starts to watch a video just before it writes its row. The table's
 * watch may deliver the row after the viewer has its answer, and the viewer would miss what it
 * publishes then; this message can't come later. It counts until the row has had time to arrive.
 */
import type { Bus, BusSubscription } from "../../shared/bus/connection.ts";
import { parseWatchedSubject, WATCHED_SUBJECTS } from "../../shared/protocol/subjects.ts";
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";
import type { RouteTable } from "./routes.ts";

/** The watch lags by some milliseconds. An event sent in vain costs nothing. */
const KEPT_MS = 10_000;
/** Beyond it, the oldest are dropped early. */
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
  /** By subject; those that expire first come first. */
  readonly #all = new Map<string, Announcement>();
  #subscription: BusSubscription | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** How many were dropped early. */
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
      // Gateways always send it directly: a relayed one is forged.
      if (!isRelayed) this.take(subject);
    });
  }

  stop(): void {
    this.#subscription?.unsubscribe();
    clearTimeout(this.#timer);
  }

  /** @param subject the subject of a gateway's announcement */
  take(subject: string): void {
    const name = parseWatchedSubject(subject);
    if (name === undefined) return;
    const { routes, now } = this.#options;
    // Moves to the end, also when it was announced before.
    this.#all.delete(subject);
    this.#all.set(subject, { ...name, until: now() + KEPT_MS });
    routes.announce(name.video, name.gateway);
    for (const [oldest, announcement] of this.#all) {
      if (this.#all.size <= LIMIT) break;
      this.dropped += 1;
      this.#end(oldest, announcement);
    }
    this.#timer ??= setTimeout(() => this.#expire(), KEPT_MS);
  }

  #expire(): void {
    this.#timer = undefined;
    const now = this.#options.now();
    for (const [subject, announcement] of this.#all) {
      const left = announcement.until - now;
      if (left > 0) {
        this.#timer = setTimeout(() => this.#expire(), Math.ceil(left));
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

/**
 * Slow mode: an actor may publish one durable event on a video in so much time, over all gateways.
 * Gateways report to each other what was published under it (see spending-reports.ts), so an actor
 * at several gateways can be faster only until the next report. What it was too fast adds to its
 * wait: on average it is not faster.
 */
import { OvationError } from "../../shared/protocol/errors.ts";
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";
import { BoundedMap, type BoundedMapStats } from "./bounded-map.ts";
import type { ClientKey } from "./client-key.ts";

/** What others report counts as debt, up to the wait for so many events. */
const DEBT_EVENTS = 8;

/** An event that slow mode applies to. */
export interface SlowedEvent {
  readonly video: string;
  readonly client: ClientKey;
  /** The time between two, by the room's rules now. */
  readonly everyMs: number;
}

/** An event published under slow mode, as gateways report it: the video, the client, the time between two. */
export type SlowedReport = readonly [video: string, client: ClientKey, everyMs: number];

interface LastEvent {
  /** Later than it was by what the client was too fast. */
  at: number;
  /** The one before, in case this one is refused after all. */
  before: number;
  everyMs: number;
}

export interface SlowModeStats extends BoundedMapStats {
  /** Events that were reported to other gateways, and by them. */
  sent: number;
  received: number;
}

interface SlowModeOptions {
  /** How many clients are tracked, each on one video. */
  readonly limit: number;
  readonly now: MonotonicClock;
  /** Counts a refusal. */
  readonly onRefused: () => void;
}

export class SlowMode {
  readonly stats: SlowModeStats = { forgotten: 0, sent: 0, received: 0 };
  readonly #options: SlowModeOptions;
  readonly #last: BoundedMap<LastEvent>;
  #unreported: SlowedReport[] = [];

  constructor(options: SlowModeOptions) {
    this.#options = options;
    const { limit, now } = options;
    this.#last = new BoundedMap(limit, ({ at, everyMs }) => at + everyMs <= now(), this.stats);
  }

  /** Clients that are tracked, each on one video. */
  get size(): number {
    return this.#last.size;
  }

  /** Whether the event may be published now. Charges nothing. @throws OvationError rate_limited */
  check({ video, client, everyMs }: SlowedEvent): void {
    const last = this.#last.get(keyOf(video, client));
    if (last === undefined) return;
    const waitMs = Math.ceil(last.at + everyMs - this.#options.now());
    if (waitMs > 0) throw this.refusal(everyMs, waitMs);
  }

  /** Counts a refusal and returns its error. */
  refusal(everyMs: number, retryAfterMs: number): OvationError {
    this.#options.onRefused();
    const text = `slow mode: one event in ${everyMs} ms; the next one in ${retryAfterMs} ms`;
    const field = "slowModeMs";
    return new OvationError("rate_limited", text, { field, limit: everyMs, retryAfterMs });
  }

  /** Charges what was checked. */
  take({ video, client, everyMs }: SlowedEvent): void {
    this.#advance(video, client, everyMs, this.#options.now());
    // While NATS is away nothing is sent, and the limit holds here.
    if (this.#unreported.length >= this.#options.limit) return;
    this.#unreported.push([video, client, everyMs]);
  }

  /** The event was refused after all. If others were told of it already, its client waits there. */
  giveBack({ video, client }: SlowedEvent): void {
    const last = this.#last.get(keyOf(video, client));
    if (last !== undefined) last.at = last.before;
    const untold = this.#unreported.findLastIndex(([v, c]) => v === video && c === client);
    if (untold >= 0) this.#unreported.splice(untold, 1);
  }

  /** Up to `most` events that must be reported. */
  unreported(most: number): readonly SlowedReport[] {
    return this.#unreported.slice(0, most);
  }

  /** So many of them were. */
  reported(count: number): void {
    this.#unreported = this.#unreported.slice(count);
    this.stats.sent += count;
  }

  /** An event was published at another gateway. */
  applyRemote([video, client, everyMs]: SlowedReport): void {
    this.stats.received += 1;
    const now = this.#options.now();
    const last = this.#last.get(keyOf(video, client));
    const isTooFast = last !== undefined && last.at + everyMs > now;
    const at = isTooFast ? Math.min(last.at + everyMs, now + DEBT_EVENTS * everyMs) : now;
    this.#advance(video, client, everyMs, at);
  }

  #advance(video: string, client: ClientKey, everyMs: number, at: number): void {
    const key = keyOf(video, client);
    const last = this.#last.get(key);
    if (last === undefined) {
      this.#last.add(key, { at, before: Number.NEGATIVE_INFINITY, everyMs });
      return;
    }
    last.before = last.at;
    last.at = at;
    last.everyMs = everyMs;
  }
}

/** No video's id has a blank. */
function keyOf(video: string, client: ClientKey): string {
  return `${video} ${client}`;
}

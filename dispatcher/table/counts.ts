/**
 * Viewer counts. A gateway whose count changed requests the sum; the dispatcher that takes the
 * request sums the table and sends the count to all viewers, at most once per video and interval.
 * It replies only then, so that a gateway whose request died with a dispatcher repeats it. A change
 * that nobody notices, below half a percent, is sent later.
 */
import { OvationError } from "../../shared/protocol/errors.ts";
import type { FanoutEvent } from "../../shared/protocol/fanout-message.ts";
import { VIEWERS_KIND } from "../../shared/protocol/kinds.ts";
import { encodeMsgpack } from "../../shared/protocol/wire/codec.ts";
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";

/** How many watch a video. */
export interface ViewerCount {
  readonly viewers: number;
  /** Estimated; undefined where actors aren't counted. */
  readonly actors?: number | undefined;
}

/**
 * The event that sends a video's viewers their number.
 * @param at milliseconds since 1970
 */
export function viewersEvent(
  id: string,
  at: number,
  { viewers, actors }: ViewerCount,
): FanoutEvent {
  const data = actors === undefined ? { viewers } : { viewers, actors };
  const bytes = encodeMsgpack({ id, kind: VIEWERS_KIND, at, data });
  return { kind: VIEWERS_KIND, deliveryClass: "latest", bytes };
}

/** A change of the count by less than this share of it may wait. */
const SMALL_CHANGE = 0.005;
/** For how long. */
const SMALL_CHANGE_MS = 10_000;

interface CountsOptions {
  readonly intervalMs: number;
  readonly now: MonotonicClock;
  /** The gateways that have viewers of a video: the same list while they are the same. */
  readonly gateways: (video: string) => readonly string[];
  readonly count: (video: string) => ViewerCount;
  /** False while the table can't be read: its counts are old. */
  readonly isReadable: () => boolean;
  /**
   * @returns a promise that it is sent; undefined if it is
   * @throws OvationError, at once or by the promise, when the count can't be sent
   */
  readonly send: (video: string, count: ViewerCount) => Promise<void> | undefined;
}

/** Videos that may wait to be counted; a further one is refused, and requested again. */
const PENDING_LIMIT = 100_000;
/** Time for the changed row to reach the mirror: the watch lags by less than this. */
const SETTLE_MS = 25;

interface Pending {
  timer: NodeJS.Timeout;
  /** Requests that wait for the next count. */
  waiting: PromiseWithResolvers<void>[];
  /** What was sent last. */
  sent: SentCount | undefined;
  /** A request was answered before its count was sent; another dispatcher may have sent one since. */
  isOwing: boolean;
}

interface SentCount extends ViewerCount {
  readonly at: number;
  readonly gateways: readonly string[];
}

export class ViewerCounts {
  readonly #options: CountsOptions;
  readonly #pending = new Map<string, Pending>();

  constructor(options: CountsOptions) {
    this.#options = options;
  }

  /** Videos whose count may be sent again; never more than changed in the last interval. */
  get pendingCount(): number {
    return this.#pending.size;
  }

  /**
   * Requests the viewer count of `video`. Resolves when it is sent to the viewers.
   * @throws OvationError when that fails
   */
  async request(video: string): Promise<void> {
    const pending = this.#pending.get(video);
    if (pending === undefined && this.#pending.size >= PENDING_LIMIT) {
      throw new OvationError("overloaded", `${PENDING_LIMIT} videos wait to be counted`);
    }
    const request = Promise.withResolvers<void>();
    if (pending === undefined) {
      const settle = Math.min(SETTLE_MS, this.#options.intervalMs);
      const timer = setTimeout(() => this.#tick(video), settle);
      this.#pending.set(video, { timer, waiting: [request], sent: undefined, isOwing: false });
    } else {
      pending.waiting.push(request);
    }
    await request.promise;
  }

  stop(): void {
    for (const { timer, waiting } of this.#pending.values()) {
      clearTimeout(timer);
      for (const { reject } of waiting) reject(new OvationError("unavailable"));
    }
    this.#pending.clear();
  }

  #tick(video: string): void {
    const pending = this.#pending.get(video);
    if (pending === undefined) return;
    const waiting = pending.waiting.splice(0);
    if (!this.#options.isReadable()) {
      // The gateways repeat their requests, perhaps to another dispatcher.
      for (const { reject } of waiting) reject(new OvationError("unavailable"));
      this.#pending.delete(video);
      return;
    }
    const count = this.#options.count(video);
    const { viewers, actors } = count;
    // The mirror may have caught up since the last count: then we send it again without a request.
    const { sent } = pending;
    if (
      waiting.length === 0 &&
      !pending.isOwing &&
      viewers === sent?.viewers &&
      actors === sent.actors
    ) {
      this.#pending.delete(video);
      return;
    }
    const { now, gateways, intervalMs } = this.#options;
    const settle = () => {
      for (const { resolve } of waiting) resolve();
    };
    const toGateways = gateways(video);
    if (sent !== undefined && isSmall(count, sent) && sent.gateways === toGateways) {
      const left = sent.at + SMALL_CHANGE_MS - now();
      if (left > 0) {
        // It is sent then, or sooner if more changes.
        pending.isOwing ||= waiting.length > 0;
        pending.timer = setTimeout(() => this.#tick(video), Math.min(left, intervalMs));
        return settle();
      }
    }
    pending.isOwing = false;
    pending.sent = { ...count, at: now(), gateways: toGateways };
    pending.timer = setTimeout(() => this.#tick(video), intervalMs);
    // The bus is down, which it counts; the gateways repeat their requests.
    const fail = (error: unknown) => {
      for (const { reject } of waiting) reject(error);
    };
    try {
      const later = this.#options.send(video, count);
      if (later === undefined) settle();
      else void later.then(settle, fail);
    } catch (error) {
      fail(error);
    }
  }
}

/** Whether a count is so close to the one that was sent that nobody misses it. */
function isSmall(count: ViewerCount, sent: ViewerCount): boolean {
  return (
    isClose(count.viewers, sent.viewers) &&
    (count.actors === sent.actors || isClose(count.actors ?? 0, sent.actors ?? 0))
  );
}

function isClose(one: number, other: number): boolean {
  return Math.abs(one - other) < SMALL_CHANGE * Math.min(one, other);
}

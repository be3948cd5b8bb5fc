/**
 * Viewer counts. A gateway whose count changed requests the sum; the dispatcher that takes the
 * request sums the table and sends the count to all viewers, at most once per video and interval.
 * It replies only then, so that a gateway whose request died with a dispatcher repeats it.
 */
import { OvationError } from "../../shared/protocol/errors.ts";
import type { FanoutEvent } from "../../shared/protocol/fanout-message.ts";
import { VIEWERS_KIND } from "../../shared/protocol/kinds.ts";
import { encodeMsgpack } from "../../shared/protocol/wire/codec.ts";

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

interface CountsOptions {
  readonly intervalMs: number;
  readonly count: (video: string) => ViewerCount;
  /** False while the table can't be read: its counts are old. */
  readonly isReadable: () => boolean;
  /** Throws when the count can't be sent. */
  readonly send: (video: string, count: ViewerCount) => void;
}

/** Videos that may wait to be counted; a further one is refused, and requested again. */
const PENDING_LIMIT = 100_000;
/** Time for the changed row to reach the mirror: the watch lags by less than this. */
const SETTLE_MS = 25;

interface Pending {
  timer: NodeJS.Timeout;
  /** Requests that wait for the next count. */
  waiting: PromiseWithResolvers<void>[];
  /** The count sent last. */
  sent: ViewerCount | undefined;
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
      this.#pending.set(video, { timer, waiting: [request], sent: undefined });
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
    if (waiting.length === 0 && viewers === sent?.viewers && actors === sent.actors) {
      this.#pending.delete(video);
      return;
    }
    pending.sent = count;
    pending.timer = setTimeout(() => this.#tick(video), this.#options.intervalMs);
    try {
      this.#options.send(video, count);
      for (const { resolve } of waiting) resolve();
    } catch (error) {
      // The bus is down, which it counts; the gateways repeat their requests.
      for (const { reject } of waiting) reject(error);
    }
  }
}

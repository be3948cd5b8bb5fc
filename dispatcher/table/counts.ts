/**
 * Viewer counts. A gateway whose count moved asks for the sum with a publish request of kind
 * `viewers`; the dispatcher that takes it sums the table and tells all viewers, at most once per
 * video and interval. It answers only then, so that a gateway whose request died with a dispatcher
 * asks again.
 */
import { OvationError } from "../../shared/protocol/errors.ts";

interface CountsOptions {
  readonly intervalMs: number;
  readonly viewers: (video: string) => number;
  /** False while the table can't be read: what would be told is old. */
  readonly isReadable: () => boolean;
  /** Throws when it can't be told. */
  readonly tell: (video: string, viewers: number) => void;
}

/** Videos that may wait to be counted; a further one is refused, and asked for again. */
const PENDING_LIMIT = 100_000;
/** Time for the row behind a request to reach the mirror: the watch lags by less than this. */
const SETTLE_MS = 25;

interface Pending {
  timer: NodeJS.Timeout;
  /** Those who wait for the next telling. */
  asking: PromiseWithResolvers<void>[];
  told: number;
}

export class ViewerCounts {
  readonly #options: CountsOptions;
  readonly #pending = new Map<string, Pending>();

  constructor(options: CountsOptions) {
    this.#options = options;
  }

  /** Videos whose count may be told again; never more than videos that changed of late. */
  get pendingCount(): number {
    return this.#pending.size;
  }

  /**
   * Somebody asks that the viewers of `video` be counted and told. Resolves when they are.
   * @throws OvationError when that can't be
   */
  async ask(video: string): Promise<void> {
    const pending = this.#pending.get(video);
    if (pending === undefined && this.#pending.size >= PENDING_LIMIT) {
      throw new OvationError("overloaded", `${PENDING_LIMIT} videos wait to be counted`);
    }
    const asking = Promise.withResolvers<void>();
    if (pending === undefined) {
      const settle = Math.min(SETTLE_MS, this.#options.intervalMs);
      const timer = setTimeout(() => this.#tick(video), settle);
      this.#pending.set(video, { timer, asking: [asking], told: -1 });
    } else {
      pending.asking.push(asking);
    }
    await asking.promise;
  }

  stop(): void {
    for (const { timer, asking } of this.#pending.values()) {
      clearTimeout(timer);
      for (const { reject } of asking) reject(new OvationError("unavailable"));
    }
    this.#pending.clear();
  }

  #tick(video: string): void {
    const pending = this.#pending.get(video);
    if (pending === undefined) return;
    const asking = pending.asking.splice(0);
    if (!this.#options.isReadable()) {
      // Whoever asked asks again, perhaps another dispatcher.
      for (const { reject } of asking) reject(new OvationError("unavailable"));
      this.#pending.delete(video);
      return;
    }
    const viewers = this.#options.viewers(video);
    // The mirror may have caught up since we last told: then we tell again, unasked.
    if (asking.length === 0 && viewers === pending.told) {
      this.#pending.delete(video);
      return;
    }
    pending.told = viewers;
    pending.timer = setTimeout(() => this.#tick(video), this.#options.intervalMs);
    try {
      this.#options.tell(video, viewers);
      for (const { resolve } of asking) resolve();
    } catch (error) {
      // The bus is away, which it counts; who asked asks again.
      for (const { reject } of asking) reject(error);
    }
  }
}

/**
 * Viewer counts. A gateway whose count moved asks for the sum with a publish request of kind
 * `viewers`; the dispatcher that takes it sums the table and tells all viewers, at most once per
 * video and interval.
 */
interface CountsOptions {
  readonly intervalMs: number;
  readonly viewers: (video: string) => number;
  readonly tell: (video: string, viewers: number) => void;
}

/** Time for the row behind a request to reach the mirror: the watch lags by less than this. */
const SETTLE_MS = 25;

interface Pending {
  timer: NodeJS.Timeout;
  asked: boolean;
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

  /** Somebody asks that the viewers of `video` be counted and told. */
  ask(video: string): void {
    const pending = this.#pending.get(video);
    if (pending !== undefined) {
      pending.asked = true;
      return;
    }
    const settle = Math.min(SETTLE_MS, this.#options.intervalMs);
    const timer = setTimeout(() => this.#tick(video), settle);
    this.#pending.set(video, { timer, asked: true, told: -1 });
  }

  stop(): void {
    for (const { timer } of this.#pending.values()) clearTimeout(timer);
    this.#pending.clear();
  }

  #tick(video: string): void {
    const pending = this.#pending.get(video);
    if (pending === undefined) return;
    const viewers = this.#options.viewers(video);
    // The mirror may have caught up since we last told: then we tell again, unasked.
    if (!pending.asked && viewers === pending.told) {
      this.#pending.delete(video);
      return;
    }
    pending.asked = false;
    pending.told = viewers;
    pending.timer = setTimeout(() => this.#tick(video), this.#options.intervalMs);
    this.#options.tell(video, viewers);
  }
}

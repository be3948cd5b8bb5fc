/** How long likes took from a fan to a viewer, in windows of the soak's time. */
import { type Histogram, newHistogram, record } from "../../../bench/latency.ts";
import { Ovation } from "../../../sdk/index.ts";

const WINDOW_MS = 5_000;

/** A window of time: seconds since the soak started, and how many milliseconds likes took in it. */
export interface Window {
  readonly at: number;
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

export class Delays {
  readonly windows: Window[] = [];
  readonly #watchers: Ovation[];
  readonly #startedAt = performance.now();
  #histogram: Histogram = newHistogram();
  #timer: NodeJS.Timeout | undefined;

  /** One watcher at each gateway and video. */
  constructor(urls: readonly string[], videos: readonly string[]) {
    this.#watchers = urls.map((url) => {
      const ovation = new Ovation({ url, reconnectFirstMs: 200, reconnectMaxMs: 2_000 });
      for (const video of videos) ovation.video(video).on("like", ({ data }) => this.#record(data));
      return ovation;
    });
  }

  start(): void {
    this.#timer = setInterval(() => this.#closeWindow(), WINDOW_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    for (const watcher of this.#watchers) watcher.close();
  }

  #record(data: unknown): void {
    const { sentAt } = data as { readonly sentAt: number };
    record(this.#histogram, (performance.now() - sentAt) * 1_000);
  }

  #closeWindow(): void {
    const histogram = this.#histogram;
    this.#histogram = newHistogram();
    const ms = (percentile: number) => histogram.getValueAtPercentile(percentile) / 1_000;
    this.windows.push({
      at: (performance.now() - this.#startedAt) / 1_000,
      count: histogram.totalCount,
      p50: ms(50),
      p90: ms(90),
      p99: ms(99),
    });
  }
}

/** Combines, second by second, what the processes of a run report. */
import { type Histogram, newHistogram, unpacked } from "../latency.ts";
import type { Second } from "../report/result.ts";
import type { PublishersProgress, ViewersProgress } from "./messages.ts";
import type { ProcessUse } from "./snapshot.ts";

interface Bucket {
  deliveries: number;
  frames: number;
  published: number;
  viewers: number;
  lagMs: number;
  latency: Histogram | undefined;
  cpu: Record<string, number>;
  rssBytes: Record<string, number>;
}

export class Timeline {
  readonly #buckets = new Map<number, Bucket>();
  readonly #subscribed = new Map<string, number>();
  #epochUs = Number.POSITIVE_INFINITY;
  #use: { readonly atUs: number; readonly processes: readonly ProcessUse[] } | undefined;

  /** Starts recording; earlier reports are dropped. */
  begin(epochUs: number): void {
    this.#epochUs = epochUs;
  }

  /** @param name of the reporting process */
  viewers(progress: ViewersProgress, name: string): void {
    this.#subscribed.set(name, progress.subscribed);
    const bucket = this.#at(progress.atUs);
    if (bucket === undefined) return;
    bucket.deliveries += progress.received;
    bucket.frames += progress.frames;
    bucket.viewers = [...this.#subscribed.values()].reduce((sum, viewers) => sum + viewers, 0);
    if (progress.latency === undefined) return;
    bucket.lagMs = Math.max(bucket.lagMs, progress.lag.maxMs);
    bucket.latency ??= newHistogram();
    bucket.latency.add(unpacked([progress.latency]));
  }

  publishers(progress: PublishersProgress): void {
    const bucket = this.#at(progress.atUs);
    if (bucket !== undefined) bucket.published += progress.sent;
  }

  use(atUs: number, processes: readonly ProcessUse[]): void {
    const bucket = this.#at(atUs);
    const before = this.#use;
    this.#use = { atUs, processes };
    if (bucket === undefined || before === undefined) return;
    const seconds = (atUs - before.atUs) / 1e6;
    const cpu: Record<string, number> = {};
    const rssBytes: Record<string, number> = {};
    for (const { kind, name, cpuSeconds, rssBytes: rss } of processes) {
      const earlier = before.processes.find((process) => process.name === name);
      const used = cpuSeconds - (earlier?.cpuSeconds ?? 0);
      cpu[kind] = (cpu[kind] ?? 0) + Math.max(0, used) / seconds;
      rssBytes[kind] = (rssBytes[kind] ?? 0) + rss;
    }
    bucket.cpu = cpu;
    bucket.rssBytes = rssBytes;
  }

  get seconds(): Second[] {
    return [...this.#buckets]
      .sort(([one], [other]) => one - other)
      .map(([at, { latency, ...bucket }]) => {
        const ms = (percentile: number) => (latency?.getValueAtPercentile(percentile) ?? 0) / 1_000;
        const times = { p50: ms(50), p90: ms(90), p99: ms(99), max: ms(100) };
        return { at, ...bucket, ...(latency === undefined ? {} : times) };
      });
  }

  #at(atUs: number): Bucket | undefined {
    if (atUs < this.#epochUs) return undefined;
    const second = Math.floor((atUs - this.#epochUs) / 1e6);
    const known = this.#buckets.get(second);
    if (known !== undefined) return known;
    const bucket: Bucket = {
      deliveries: 0,
      frames: 0,
      published: 0,
      viewers: 0,
      lagMs: 0,
      latency: undefined,
      cpu: {},
      rssBytes: {},
    };
    this.#buckets.set(second, bucket);
    return bucket;
  }
}

/** Polls the metrics of one process, and computes rates from its counters. */
import { type MetricsPage, readMetrics } from "../../kit/metrics-page.ts";

const ANSWER_MS = 1_000;

/** A process's counters as rates per second, and its gauges. */
export interface Reading {
  readonly cpu: number;
  readonly memoryBytes: number;
  /** Of a dispatcher: transient events accepted. */
  readonly acceptedPerSecond: number;
  /** Of a gateway: events written to viewers, including those sent as counts. */
  readonly deliveredPerSecond: number;
  readonly framesPerSecond: number;
  readonly bytesPerSecond: number;
  readonly connections: number;
  readonly frameMs: number;
}

interface Totals {
  readonly atMs: number;
  readonly page: MetricsPage;
}

export class Meter {
  readonly #url: string;
  #pid: number | undefined;
  #before: Totals | undefined;
  #reading: Reading | undefined;

  /** @param url of `/metrics` */
  constructor(url: string) {
    this.#url = url;
  }

  /** The latest reading of the current process. */
  get reading(): Reading | undefined {
    return this.#reading;
  }

  /** Reads once. A failed read is ignored until the next one. */
  async read(pid: number | undefined): Promise<void> {
    if (pid !== this.#pid || pid === undefined) {
      // Counters restart with each process.
      this.#pid = pid;
      this.#before = this.#reading = undefined;
      if (pid === undefined) return;
    }
    try {
      const page = await readMetrics(this.#url, ANSWER_MS);
      if (pid === this.#pid) this.#take({ atMs: performance.now(), page });
    } catch {
      // It has just ended, or is too busy to answer.
    }
  }

  #take(now: Totals): void {
    const before = this.#before;
    this.#before = now;
    if (before === undefined || now.atMs <= before.atMs) return;
    const seconds = (now.atMs - before.atMs) / 1_000;
    const rate = (metric: string) =>
      Math.max(0, now.page.sum(metric) - before.page.sum(metric)) / seconds;
    const gateway = (name: string) => rate(`ovation_gateway_${name}_total`);
    this.#reading = {
      cpu: rate("process_cpu_seconds_total"),
      memoryBytes: now.page.sum("process_resident_memory_bytes"),
      acceptedPerSecond: rate('ovation_dispatcher_events_total{class="transient"}'),
      deliveredPerSecond: gateway("events_delivered") + gateway("events_sampled"),
      framesPerSecond: gateway("frames_sent"),
      bytesPerSecond: gateway("bytes_sent"),
      connections:
        now.page.sum("ovation_gateway_websockets") + now.page.sum("ovation_gateway_event_streams"),
      frameMs: 1_000 * now.page.sum("ovation_gateway_frame_interval_seconds"),
    };
  }
}

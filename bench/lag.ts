/** The delay of this process's event loop: if it is high, the figures show the generator's own limit. */
import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";

const RESOLUTION_MS = 5;

export interface Lag {
  readonly p99Ms: number;
  readonly maxMs: number;
}

export class LagMeter {
  readonly #delay: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

  constructor() {
    this.#delay.enable();
  }

  /** The delay since the last call. */
  take(): Lag {
    const late = (ns: number) => Math.max(0, ns / 1e6 - RESOLUTION_MS);
    const lag = { p99Ms: late(this.#delay.percentile(99)), maxMs: late(this.#delay.max) };
    this.#delay.reset();
    return lag;
  }
}

/** Latencies in HDR histograms: microseconds up to a minute, with three significant digits. */
import {
  build,
  decodeFromCompressedBase64,
  encodeIntoCompressedBase64,
  type Histogram,
} from "hdr-histogram-js";

export type { Histogram } from "hdr-histogram-js";

const LONGEST_US = 60_000_000;

export function newHistogram(): Histogram {
  return build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: LONGEST_US,
    numberOfSignificantValueDigits: 3,
    useWebAssembly: false,
  });
}

/** Records a time in microseconds; one beyond a minute counts as a minute. */
export function record(histogram: Histogram, us: number): void {
  histogram.recordValue(Math.min(LONGEST_US, Math.max(1, Math.round(us))));
}

/** As text, for sending between processes. */
export function packed(histogram: Histogram): string {
  return encodeIntoCompressedBase64(histogram);
}

export function unpacked(texts: readonly string[]): Histogram {
  const sum = newHistogram();
  for (const text of texts) {
    const part = decodeFromCompressedBase64(text);
    if (part.totalCount > 0) sum.add(part);
    part.destroy();
  }
  return sum;
}

/** The reported percentiles, in milliseconds. */
export interface Percentiles {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

export function percentilesOf(histogram: Histogram): Percentiles {
  const ms = (percentile: number) => histogram.getValueAtPercentile(percentile) / 1_000;
  return {
    count: histogram.totalCount,
    p50: ms(50),
    p90: ms(90),
    p99: ms(99),
    p999: ms(99.9),
    max: histogram.totalCount === 0 ? 0 : histogram.maxValue / 1_000,
  };
}

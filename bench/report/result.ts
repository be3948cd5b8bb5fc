/** The result of a run: the JSON file from which the table and the page are generated. */
import type { Split } from "../control/fleet.ts";
import type { Percentiles } from "../latency.ts";
import type { Exactness } from "../viewers/accounts.ts";

export const RESULT_FORMAT = 1;

/** One figure of a run. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  /** Which direction is better; `exact` is right or wrong, regardless of noise. */
  readonly better: "lower" | "higher" | "exact" | "neither";
  readonly goal?: { readonly relation: "≤" | "≥" | "="; readonly value: number };
}

/** What happened in one second of a run. */
export interface Second {
  /** Seconds since the run's beginning. */
  readonly at: number;
  readonly deliveries: number;
  readonly frames: number;
  readonly published: number;
  /** How many watched. */
  readonly viewers: number;
  /** Latency in milliseconds, where there was any. */
  readonly p50?: number;
  readonly p90?: number;
  readonly p99?: number;
  readonly max?: number;
  /** Cores used, by process kind. */
  readonly cpu: Readonly<Record<string, number>>;
  readonly rssBytes: Readonly<Record<string, number>>;
  /** Event-loop lag of the viewers that read at once, in milliseconds. */
  readonly lagMs: number;
}

/** One load on a system, and its result. */
export interface LoadResult {
  readonly name: string;
  readonly kind: string;
  readonly system: string;
  readonly about: Readonly<Record<string, string>>;
  readonly split: Split;
  /** How many viewers let frames accumulate in the kernel. */
  readonly gathered: number;
  readonly exactness: Exactness;
  readonly published: { readonly sent: number; readonly accepted: number };
  readonly refused: Readonly<Record<string, number>>;
  /** Publishes that may or may not have been accepted. */
  readonly unsure: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly latency: Percentiles;
  readonly acknowledged: Percentiles;
  readonly lateness: Percentiles;
  /** Points of the latency's distribution: percentile and milliseconds. */
  readonly distribution: readonly (readonly [number, number])[];
  readonly measuredSeconds: number;
  readonly deliveriesPerSecond: number;
  /** CPU seconds in the measured window, by process kind. */
  readonly cpuSeconds: Readonly<Record<string, number>>;
  readonly cpuSecondsPerMillion: Readonly<Record<string, number>>;
  readonly deliveriesPerServerCpuSecond: number;
  /** Cores that everything else on the machine used during the run. */
  readonly otherCores: number;
  readonly socketWritesPerSecond: number;
  readonly bytesPerDelivery: number;
  readonly bytesPerViewerSecond: number;
  readonly frameIntervalMs: number;
  readonly openMs: number;
  /** From the end of the measured time until every viewer had everything, or too long. */
  readonly settledMs: number;
  readonly rssPerViewerBytes: number;
  readonly seconds: readonly Second[];
  /** Events that were due in each second, including the warm-up, by kind. */
  readonly arrivals: readonly Readonly<Record<string, number>>[];
}

/** One run of a scenario. */
export interface RunResult {
  readonly scenario: string;
  readonly question: string;
  readonly startedAt: string;
  readonly figures: readonly Figure[];
  readonly loads: readonly LoadResult[];
  /** What is needed to read the figures correctly, such as that one shows the generator's limit. */
  readonly remarks: readonly string[];
}

export interface ResultFile {
  readonly format: typeof RESULT_FORMAT;
  readonly machine: Readonly<Record<string, string | number>>;
  readonly build: Readonly<Record<string, string>>;
  readonly command: readonly string[];
  /** Several when the run was repeated. */
  readonly runs: readonly RunResult[];
}

/** The history's counts, for the metrics. */
import { BATCH_SIZE_BUCKETS, Histogram, LATENCY_SECONDS } from "../../shared/lib/histogram.ts";

export interface HistoryStats {
  /** Records stored, and the events in them. */
  records: number;
  events: number;
  /** Events that were stored already, and not stored again. */
  repeats: number;
  /** Appends that lost the race against another dispatcher's. */
  conflicts: number;
  /** Failed attempts to use the store. */
  failures: number;
  retractions: number;
  trims: number;
  /** How long the store took for a record, and how many events were in it; not for retractions. */
  readonly appendSeconds: Histogram;
  readonly recordEvents: Histogram;
}

export function emptyHistoryStats(): HistoryStats {
  return {
    records: 0,
    events: 0,
    repeats: 0,
    conflicts: 0,
    failures: 0,
    retractions: 0,
    trims: 0,
    appendSeconds: new Histogram(LATENCY_SECONDS),
    recordEvents: new Histogram(BATCH_SIZE_BUCKETS),
  };
}

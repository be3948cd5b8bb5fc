/** What the history counts, for the metrics. */
export interface HistoryStats {
  /** Records stored, and the events in them. */
  records: number;
  events: number;
  /** Events that were stored before, and not again. */
  repeats: number;
  /** Appends that lost against another dispatcher's. */
  conflicts: number;
  /** Tries at the store that failed. */
  failures: number;
  retractions: number;
  trims: number;
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
  };
}

/** The votes' counts, for the metrics. */
import { BATCH_SIZE_BUCKETS, Histogram, LATENCY_SECONDS } from "../../shared/lib/histogram.ts";

export interface VotesStats {
  /** Records stored, and the votes in them. */
  records: number;
  votes: number;
  /** Votes that were counted already, and not stored again. */
  repeats: number;
  /** Appends that lost the race against another dispatcher's. */
  conflicts: number;
  /** Failed attempts to use the store. */
  failures: number;
  /** How long the store took for a record, and how many votes were in it. */
  readonly appendSeconds: Histogram;
  readonly recordVotes: Histogram;
}

export function emptyVotesStats(): VotesStats {
  return {
    records: 0,
    votes: 0,
    repeats: 0,
    conflicts: 0,
    failures: 0,
    appendSeconds: new Histogram(LATENCY_SECONDS),
    recordVotes: new Histogram(BATCH_SIZE_BUCKETS),
  };
}

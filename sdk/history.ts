/** Reading a video's history. */
import type { OvationEvent } from "../shared/protocol/event.ts";

/**
 * Which part of the history to read: with `after` or `from`, the oldest events from there on;
 * without, the newest ones. `before` and `to` end it.
 *
 * @example
 * const query: HistoryQuery = { before: oldest.seq, limit: 50 };
 */
export interface HistoryQuery {
  /** Only events before this `seq`; by default the newest. */
  readonly before?: number;
  /** Only events after this `seq`. */
  readonly after?: number;
  /** Only events that were stored then or later. A number is milliseconds since 1970. */
  readonly from?: Date | number;
  /** Only events that were stored before then. */
  readonly to?: Date | number;
  /** How many, at most 1,000. */
  readonly limit?: number;
}

/**
 * A page of a video's history.
 *
 * @example
 * const { events, more }: HistoryPage = await video.readHistory();
 */
export interface HistoryPage {
  /** Oldest first. */
  readonly events: readonly OvationEvent[];
  /** Whether there are more in this part: newer ones with `after` or `from`, else older ones. */
  readonly more: boolean;
  /** Whether the part begins before what is still kept, so that events may be missing. */
  readonly isTruncated: boolean;
  /** The incarnation of the history; it changes when the history is created again. */
  readonly epoch: string | undefined;
}

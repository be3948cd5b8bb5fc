/** Counts of what the viewers of this gateway received and missed. */

/**
 * Why a viewer was not sent a frame: its buffer was full, or it is still getting earlier events,
 * which it missed or requested.
 */
export type DropReason = "buffer_full" | "catching_up";

interface DroppedEvents {
  transient: number;
  durable: number;
  latest: number;
  state: number;
}

/** Over all viewers of this gateway; dropped events by delivery class. */
export interface DeliveryStats {
  frames: number;
  delivered: number;
  bytes: number;
  /** Events that were sent as counts only because their frame was over its limit. */
  sampled: number;
  readonly dropped: Readonly<Record<DropReason, DroppedEvents>>;
  /** Summaries sent to viewers that had missed frames. */
  summaries: number;
}

export function emptyDeliveryStats(): DeliveryStats {
  return {
    frames: 0,
    delivered: 0,
    bytes: 0,
    sampled: 0,
    dropped: {
      buffer_full: { transient: 0, durable: 0, latest: 0, state: 0 },
      catching_up: { transient: 0, durable: 0, latest: 0, state: 0 },
    },
    summaries: 0,
  };
}

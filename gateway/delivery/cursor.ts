/** Where a reader is in the log of a video's events. */
import type { LoggedEvent } from "./frame.ts";

/** A reader's position, and the totals by name up to it. Never changed in place. */
export interface Cursor {
  readonly position: number;
  /** By index of the name; a name beyond the end has no events yet. */
  readonly totals: readonly number[];
  /** Its `seq` in the chain of durable events; undefined while that is not known. */
  readonly seq: number | undefined;
}

export interface LoggedDurableEvent extends LoggedEvent {
  /** A frame may end right after a durable event, so it knows the totals up to itself. */
  readonly cursor: Cursor;
}

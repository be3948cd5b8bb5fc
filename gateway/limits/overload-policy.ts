/**
 * What an overloaded gateway sheds, and in which order. This is the only place that defines it:
 *
 * 1. `widen`: frames may be further apart, so that fewer of them are written.
 * 2. `sample`: frames hold fewer transient events, with their exact counts.
 * 3. `refuse`: new viewers are refused, and so are HTTP requests, except for durable events.
 * 4. `shed`: no event is accepted, over any wire. Connected viewers stay, and get all durable
 *    events.
 *
 * A gateway at its limit of viewers is full, not overloaded: it refuses only viewers.
 */
import type { Level } from "../../shared/runtime/overload/shed-levels.ts";

export type OverloadLevel = "widen" | "sample" | "refuse" | "shed";
/**
 * Each as a share of its limit. `late`: the event loop, or frames. `backlog`: what NATS or the
 * dispatchers have not answered yet. `stretch`: the frame interval, relative to its normal maximum.
 */
export type OverloadSignal = "late" | "memory" | "backlog" | "stretch";

export const OVERLOAD_LEVELS: readonly Level<OverloadLevel, OverloadSignal>[] = [
  {
    name: "widen",
    enter: { late: 0.25, memory: 0.75, backlog: 0.25 },
    // While the wider interval is in use, it may be the reason that nothing is late.
    leave: { late: 0.1, memory: 0.7, backlog: 0.1, stretch: 1.01 },
  },
  {
    name: "sample",
    enter: { late: 0.5, memory: 0.82, backlog: 0.5 },
    leave: { late: 0.25, memory: 0.77, backlog: 0.25 },
  },
  {
    name: "refuse",
    enter: { late: 1, memory: 0.9, backlog: 0.75 },
    leave: { late: 0.5, memory: 0.85, backlog: 0.5 },
  },
  {
    name: "shed",
    enter: { late: 2, memory: 0.96, backlog: 0.95 },
    leave: { late: 1, memory: 0.92, backlog: 0.75 },
  },
];

/** `widen`: the factor on the normal maximum of the frame interval. */
export const INTERVAL_ROOM = 4;
/** `sample`: the share of the normal limit of transient events in a frame. */
export const SAMPLE_SHARE = 1 / 5;

/** A refused viewer returns at a random moment within these limits. */
export const RETRY_MIN_MS = 1_000;
export const RETRY_SPREAD_MS = 4_000;

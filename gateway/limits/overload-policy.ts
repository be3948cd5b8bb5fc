/**
 * What a gateway does when it has more to do than it can, and in which order. This is the one place
 * that says so:
 *
 * 1. `widen`: frames may be further apart, so that fewer of them are written.
 * 2. `sample`: frames hold fewer transient events, with their exact counts.
 * 3. `refuse`: nobody new is let in, and requests over HTTP are refused, but for durable events.
 * 4. `shed`: no event is taken any more, by whatever way. Viewers that are connected stay, and get
 *    all durable events that there are.
 *
 * A gateway that holds as many viewers as it may is full, not overloaded: it refuses viewers only.
 */
import type { Level } from "../../shared/runtime/overload/shed-levels.ts";

export type OverloadLevel = "widen" | "sample" | "refuse" | "shed";
/**
 * Each as a share of its limit. `late`: the event loop, or frames. `backlog`: what NATS or the
 * dispatchers have not answered for. `stretch`: the frame interval, of its ordinary bound.
 */
export type OverloadSignal = "late" | "memory" | "backlog" | "stretch";

export const OVERLOAD_LEVELS: readonly Level<OverloadLevel, OverloadSignal>[] = [
  {
    name: "widen",
    enter: { late: 0.25, memory: 0.75, backlog: 0.25 },
    // While the wider interval is in use, that nothing is late is owed to it.
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

/** `widen`: times the ordinary bound of the frame interval. */
export const INTERVAL_ROOM = 4;
/** `sample`: the share of the ordinary bound of transient events in a frame. */
export const SAMPLE_SHARE = 1 / 5;

/** Who is sent away comes back at a random moment within these bounds. */
export const RETRY_MIN_MS = 1_000;
export const RETRY_SPREAD_MS = 4_000;

/**
 * How long each hop of an event takes: from its publisher to a dispatcher, through that, to a
 * gateway, and through that to the sockets. Within a process it is timed by the monotonic clock.
 * Between two processes it is the difference of two wall clocks, and so distorted by their skew.
 */
import type { Registry } from "prom-client";
import { Histogram, LATENCY_SECONDS } from "../lib/histogram.ts";
import { type MonotonicClock, monotonicNow, type WallClock } from "./lifecycle.ts";
import { counterOf, histogramOf } from "./metrics.ts";
import { recordedTraceId, type TraceContext } from "./tracing/trace-context.ts";

/** Timestamps on a dispatcher's message to gateways: milliseconds since 1970, with a fraction. */
export interface Stamps {
  /** When the message was sent. */
  readonly sentAt: number;
  /** When its oldest event was published, if the publisher said so; else when it was taken. */
  readonly publishedAt: number;
}

/** How far below zero a difference between two processes of one machine may be without meaning. */
const TOLERANCE_MS = 1;
/** No message takes longer: one of the clocks is wrong. */
const LONGEST_MS = 3_600_000;
const RECHECK_MS = 100;
/** The two clocks may appear to differ by this much although nobody has set one. */
const GRAIN_MS = 0.5;

/**
 * The wall clock at moments of the monotonic clock, finer than the millisecond of `Date.now`. It
 * follows when the wall clock is set, and is off by up to half a millisecond from then on.
 */
export class HopClock {
  readonly now: MonotonicClock;
  readonly #wallClock: WallClock;
  #offset: number;
  #checkedAt = Number.NEGATIVE_INFINITY;

  /** @param origin the wall clock's time when the monotonic clock was 0 */
  constructor(
    now: MonotonicClock = monotonicNow,
    wallClock: WallClock = Date.now,
    origin = performance.timeOrigin,
  ) {
    this.now = now;
    this.#wallClock = wallClock;
    this.#offset = origin;
  }

  /** In milliseconds since 1970. `moment` is a recent value of `now`. */
  wallAt(moment: number): number {
    if (moment - this.#checkedAt >= RECHECK_MS) this.#recheck();
    return moment + this.#offset;
  }

  /** Nothing between the two readings, not even a pause of the process, can mislead it. */
  #recheck(): void {
    const before = this.now();
    const wall = this.#wallClock();
    const after = this.now();
    this.#checkedAt = after;
    // The wall clock's fraction is truncated.
    const [least, most] = [wall - after, wall + 1 - before];
    if (this.#offset < least - GRAIN_MS || this.#offset > most + GRAIN_MS) {
      this.#offset = (least + most) / 2;
    }
  }
}

/** One hop, with everything observed so far. */
export class Hop {
  readonly seconds = new Histogram(LATENCY_SECONDS);
  /** Observations whose two clocks can't both be right. */
  skewed = 0;

  /** Records a duration in milliseconds, by one clock. */
  took(ms: number, trace?: TraceContext): void {
    this.seconds.observe(ms / 1_000, recordedTraceId(trace));
  }

  /** Records two processes' wall-clock times, in milliseconds since 1970. */
  passed(sentAt: number, receivedAt: number, trace?: TraceContext): void {
    const ms = receivedAt - sentAt;
    const isSkewed = ms < -TOLERANCE_MS || ms > LONGEST_MS;
    if (isSkewed) this.skewed += 1;
    if (ms <= LONGEST_MS) this.took(Math.max(0, ms), trace);
  }
}

const HOPS = {
  publish:
    "from when a gateway (or a service that says so) published it until a dispatcher took it",
  dispatch: "in the dispatcher, until it was sent to the gateways that have viewers",
  store: "the same for durable events, which are stored first",
  transit: "from the dispatcher to the gateway",
  frame: "in the gateway, until its frame was written to the last socket of a group",
  delivery: "all hops together, from publishing to the last socket of a group",
} as const;
type HopName = keyof typeof HOPS;
/** Hops that start in one process and end in another. */
const BETWEEN: readonly string[] = ["publish", "transit", "delivery"] satisfies HopName[];

/** Registers metrics of the hops that a role sees. */
export function registerHops(
  registry: Registry,
  hops: Readonly<Partial<Record<HopName, Hop>>>,
): void {
  const entries = Object.entries(hops);
  const meanings = Object.entries(HOPS).map(([hop, meaning]) => `${hop}: ${meaning}`);
  histogramOf(
    registry,
    "ovation_hop_duration_seconds",
    `Time that the oldest event of a message or frame took for a hop. ${meanings.join("; ")}. publish, transit and delivery compare wall clocks, so their skew distorts them.`,
    ["hop"],
    () => entries.map(([hop, { seconds }]) => [{ hop }, seconds]),
  );
  counterOf(
    registry,
    "ovation_hop_clock_skew_total",
    "Messages that by two wall clocks arrived before they were sent (counted as 0 s), or an hour after.",
    ["hop"],
    () =>
      entries
        .filter(([hop]) => BETWEEN.includes(hop))
        .map(([hop, { skewed }]) => [{ hop }, skewed]),
  );
}

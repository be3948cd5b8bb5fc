/**
 * How long each hop of an event's way takes: from whoever published it to a dispatcher, through that,
 * to a gateway, and through that to the sockets. Within a process it is timed by the monotonic clock.
 * Between two processes it is the difference of two wall clocks, so it is off by as much as they are.
 */
import type { Registry } from "prom-client";
import { Histogram, LATENCY_SECONDS } from "../lib/histogram.ts";
import { type MonotonicClock, monotonicNow, type WallClock } from "./lifecycle.ts";
import { counterOf, histogramOf } from "./metrics.ts";

/** What a dispatcher notes on a message for gateways. Milliseconds since 1970, with a fraction. */
export interface Stamps {
  /** When the message was sent. */
  readonly sentAt: number;
  /** When the oldest event in it was published, as far as its publisher said; else when it was taken. */
  readonly publishedAt: number;
}

/** Between processes of one machine: how far a difference may be below zero without meaning anything. */
const TOLERANCE_MS = 1;
/** No message is under way for longer: one of the clocks is wrong. */
const LONGEST_MS = 3_600_000;
const RECHECK_MS = 100;
/** The two clocks may be read to be so far apart though nobody has set one. */
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

  /** In milliseconds since 1970. `moment` is of `now`, and not long ago. */
  wallAt(moment: number): number {
    if (moment - this.#checkedAt >= RECHECK_MS) this.#recheck();
    return moment + this.#offset;
  }

  /** Whatever happens between two readings, a pause of the process too, can't mislead it. */
  #recheck(): void {
    const before = this.now();
    const wall = this.#wallClock();
    const after = this.now();
    this.#checkedAt = after;
    // The wall clock's own fraction is cut off.
    const [least, most] = [wall - after, wall + 1 - before];
    if (this.#offset < least - GRAIN_MS || this.#offset > most + GRAIN_MS) {
      this.#offset = (least + most) / 2;
    }
  }
}

/** One hop, with all that passed it so far. */
export class Hop {
  readonly seconds = new Histogram(LATENCY_SECONDS);
  /** Passages whose two clocks can't both be right. */
  skewed = 0;

  /** It took so many milliseconds, by one clock. */
  took(ms: number): void {
    this.seconds.observe(ms / 1_000);
  }

  /** From one process to another, each by its own wall clock, in milliseconds since 1970. */
  passed(sentAt: number, receivedAt: number): void {
    const ms = receivedAt - sentAt;
    const isSkewed = ms < -TOLERANCE_MS || ms > LONGEST_MS;
    if (isSkewed) this.skewed += 1;
    if (ms <= LONGEST_MS) this.took(Math.max(0, ms));
  }
}

const HOPS = {
  publish:
    "from when a gateway (or a service that says so) published it until a dispatcher took it",
  dispatch: "in the dispatcher, until it was sent to the gateways that have viewers",
  store: "the same for durable events, which are stored before",
  transit: "from the dispatcher to the gateway",
  frame: "in the gateway, until its frame was written to the last socket of a group",
  delivery: "all of it together, from publishing to the last socket of a group",
} as const;
type HopName = keyof typeof HOPS;
/** Those that begin in one process and end in another. */
const BETWEEN: readonly string[] = ["publish", "transit", "delivery"] satisfies HopName[];

/** Tells Prometheus of the hops that a role sees. */
export function registerHops(
  registry: Registry,
  hops: Readonly<Partial<Record<HopName, Hop>>>,
): void {
  const entries = Object.entries(hops);
  const meanings = Object.entries(HOPS).map(([hop, meaning]) => `${hop}: ${meaning}`);
  histogramOf(
    registry,
    "ovation_hop_duration_seconds",
    `Time that the oldest event of a message or frame took for a hop. ${meanings.join("; ")}. publish, transit and delivery are between wall clocks, and off by their skew.`,
    ["hop"],
    () => entries.map(([hop, { seconds }]) => [{ hop }, seconds]),
  );
  counterOf(
    registry,
    "ovation_hop_clock_skew_total",
    "Messages that by two wall clocks came before they were sent (taken for 0 s), or an hour after.",
    ["hop"],
    () =>
      entries
        .filter(([hop]) => BETWEEN.includes(hop))
        .map(([hop, { skewed }]) => [{ hop }, skewed]),
  );
}

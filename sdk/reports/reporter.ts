/** Reports over one link, at the pace that its gateway asks for. */
import { REPORT_DURATION_LIMIT_MS, REPORT_LIMIT } from "../../shared/protocol/wire/report-limit.ts";
import type { EventsMessage } from "../../shared/protocol/wire/server-messages.ts";
import type { OvationError } from "../error.ts";
import type { Link, OnAnswer } from "../link/link.ts";
import type { Publishing } from "../live/host.ts";
import { Arrivals, type ObservedChannel } from "./arrivals.ts";
import { Distribution } from "./distribution.ts";
import { Screen, type ScreenOptions } from "./screen.ts";
import { ServerClock } from "./server-clock.ts";

/** A link, with what happened until this chunk was loaded. Times are those of `performance.now()`. */
export interface Linked {
  readonly link: Pick<Link, "request" | "rules">;
  readonly linkedAt: number;
  /** When the link before it was lost; undefined for a client's first. */
  readonly lostAt: number | undefined;
  /** What arrived over it. Later messages are passed to `observe`. */
  readonly early: EventsMessage[];
}

/** Where the client tells of its publishes. */
export interface PublishHost {
  onPublish(listener: (publishing: Pick<Publishing, "published">) => void): () => void;
}

export interface ReporterOptions {
  readonly linked: Linked;
  readonly channels: ReadonlyMap<string, ObservedChannel>;
  readonly host: PublishHost;
  readonly terms: Terms;
  /** Where events are shown, with the clock. */
  readonly screen: ScreenOptions;
  readonly random: () => number;
}

export interface Terms {
  readonly everyMs: number;
  readonly boundsMs: readonly number[];
}

/** Round trips at the start, to find a short one. */
const FIRST_PINGS = 4;
const PING_EVERY_MS = 1_000;
/** Messages that wait until the gateway's time is known. */
const EARLY_LIMIT = 100;
/** Why a publish failed though nothing was wrong with it. */
const FAULTS = /^(timeout|not_connected|internal|overloaded|draining|history_busy)$|_?unavailable$/;
/** Servers' clocks agree within this; what seems older or newer comes from a clock that was set. */
const SKEW_MS = 1_000;

type Timer = ReturnType<typeof setTimeout>;

export class Reporter {
  readonly #options: ReporterOptions;
  readonly #now: () => number;
  readonly #screen: Screen;
  readonly #clock = new ServerClock();
  /** Known once the gateway's time is. */
  #arrivals: Arrivals | undefined;
  readonly #latency: { readonly transient: Distribution; readonly durable: Distribution };
  readonly #published: Distribution;
  #failed = 0;
  #awayMs: number | undefined;
  #pings = 0;
  #pingTimer: Timer | undefined;
  #reportTimer: Timer | undefined;
  #stopListening: (() => void) | undefined;

  constructor(options: ReporterOptions) {
    this.#options = options;
    const { screen, terms, linked } = options;
    this.#now = screen.now;
    this.#screen = new Screen(screen);
    const { boundsMs } = terms;
    this.#latency = {
      transient: new Distribution(boundsMs),
      durable: new Distribution(boundsMs),
    };
    this.#published = new Distribution(boundsMs);
    const awayMs = linked.linkedAt - (linked.lostAt ?? linked.linkedAt);
    // When another transport takes over, the client was not away.
    this.#awayMs = awayMs >= 1 ? awayMs : undefined;
  }

  start(): void {
    this.#stopListening = this.#options.host.onPublish(({ published }) => {
      const startedAt = this.#now();
      published.then(
        () => this.#published.add(this.#now() - startedAt),
        ({ code }: OvationError) => {
          if (FAULTS.test(code)) this.#failed += 1;
        },
      );
    });
    this.#ping();
    // At any time within the interval: many may have connected at once.
    this.#reportIn(this.#options.random() * this.#options.terms.everyMs);
  }

  stop(): void {
    clearTimeout(this.#pingTimer);
    clearTimeout(this.#reportTimer);
    this.#stopListening?.();
    this.#screen.stop();
  }

  /** Takes a message that arrived over the link, after listeners had it. */
  observe(message: EventsMessage): void {
    const { early } = this.#options.linked;
    if (this.#arrivals === undefined) {
      if (early.length < EARLY_LIMIT) early.push(message);
      return;
    }
    const live = this.#arrivals.take(message, this.#clock.at(this.#now()));
    if (live.length === 0) return;
    this.#screen.shown((moment) => {
      const shownAt = this.#clock.at(moment);
      const errorMs = this.#clock.errorMs(moment);
      for (const { deliveryClass, at } of live) {
        const ms = shownAt - at;
        if (ms >= -errorMs - SKEW_MS) this.#latency[deliveryClass].add(Math.max(0, ms));
      }
    });
  }

  /** Asks for the gateway's time. */
  #ping(): void {
    this.#pings += 1;
    this.#request("ping", {}, () => {
      if (this.#pings < FIRST_PINGS) {
        this.#pingTimer = setTimeout(() => this.#ping(), PING_EVERY_MS);
      }
    });
  }

  #request(op: string, fields: object, onAnswer: OnAnswer): void {
    const sentAt = this.#now();
    this.#options.linked.link.request?.(op, fields, (answer) => {
      if (answer.op === "result" && answer.now !== undefined) {
        this.#clock.take(sentAt, this.#now(), answer.now);
        this.#begin();
      }
      onAnswer(answer);
    });
  }

  /** The gateway's time is known. */
  #begin(): void {
    if (this.#arrivals !== undefined) return;
    const { channels, linked } = this.#options;
    const backAt = this.#clock.at(linked.linkedAt);
    this.#arrivals = new Arrivals(
      channels,
      this.#awayMs === undefined ? undefined : [backAt - this.#awayMs, backAt],
    );
    for (const message of linked.early.splice(0)) {
      this.#arrivals.take(message, this.#clock.at(this.#now()));
    }
  }

  #reportIn(ms: number): void {
    this.#reportTimer = setTimeout(() => {
      this.#report();
      this.#reportIn(this.#options.terms.everyMs);
    }, ms);
  }

  #report(): void {
    // Without the gateway's time there is nothing to say, and it answers nothing.
    if (this.#arrivals === undefined) return;
    const now = this.#now();
    const { missed, repeated, recovered } = this.#arrivals.counts(this.#clock.at(now));
    const report = {
      transient: this.#latency.transient.take(),
      durable: this.#latency.durable.take(),
      published: this.#published.take(),
      clockErrorMs: Math.ceil(this.#clock.errorMs(now)),
      awayMs: this.#awayMs && Math.min(Math.round(this.#awayMs), REPORT_DURATION_LIMIT_MS),
      missed: Math.min(missed, REPORT_LIMIT),
      repeated: Math.min(repeated, REPORT_LIMIT),
      recovered: Math.min(recovered, REPORT_LIMIT),
      failed: Math.min(this.#failed, REPORT_LIMIT),
    };
    this.#failed = 0;
    this.#awayMs = undefined;
    this.#request("report", report, (answer) => {
      // The gateway wants no more of them.
      if (answer.op === "error") this.stop();
    });
  }
}

/** How overloaded the gateway is, by its policy, and what is let in and held back because of it. */
import { OvationError } from "../../shared/protocol/errors.ts";
import type { MonotonicClock } from "../../shared/runtime/lifecycle.ts";
import type { Log } from "../../shared/runtime/log.ts";
import {
  Lateness,
  MemoryUse,
  memoryLimit,
  POLL_EVERY_MS,
} from "../../shared/runtime/overload/pressure.ts";
import { logLevel, ShedLevels } from "../../shared/runtime/overload/shed-levels.ts";
import {
  INTERVAL_ROOM,
  OVERLOAD_LEVELS,
  type OverloadLevel,
  type OverloadSignal,
  RETRY_MIN_MS,
  RETRY_SPREAD_MS,
  SAMPLE_SHARE,
} from "./overload-policy.ts";

export interface OverloadOptions {
  readonly delayLimitMs: number;
  /** 0: that of the container. */
  readonly memoryLimitBytes: number;
  readonly connectionsLimit: number;
  readonly connections: () => number;
  readonly now: MonotonicClock;
  readonly random: () => number;
}

/** What overload is judged by, beside the process itself; looked at several times a second. */
export interface OverloadSources {
  /** How late frames were since the last look, in milliseconds. */
  readonly framesLateMs: () => number;
  /** The frame interval, as a share of its ordinary bound. */
  readonly stretch: () => number;
  /** What waits for NATS or a dispatcher, as a share of what may. */
  readonly backlog: () => number;
  /** Events told as counts only, so far. */
  readonly sampledEvents: () => number;
  readonly log: Log;
}

/** What was refused: a viewer, a request over HTTP, or an event by its class. */
export type RefusedThing = "viewer" | "request" | "transient" | "durable";

export class Overload {
  readonly levels: ShedLevels<OverloadLevel, OverloadSignal>;
  readonly stats: { readonly refused: Record<RefusedThing, number>; sampledEvents: number } = {
    refused: { viewer: 0, request: 0, transient: 0, durable: 0 },
    sampledEvents: 0,
  };
  readonly #options: OverloadOptions;
  readonly #lateness: Lateness;
  readonly #memory: MemoryUse;
  #sampledBefore = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: OverloadOptions) {
    this.#options = options;
    this.#lateness = new Lateness(options.now);
    this.#memory = new MemoryUse(memoryLimit(options.memoryLimitBytes));
    this.levels = new ShedLevels(OVERLOAD_LEVELS, options.now);
  }

  start(sources: OverloadSources): void {
    this.#lateness.begin();
    this.#timer = setInterval(() => this.#look(sources), POLL_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** How late the event loop and frames are on average, in milliseconds. */
  get delayMs(): number {
    return this.#lateness.averageMs;
  }

  /** How near the gateway is to taking nobody new; 1 is there. */
  get level(): number {
    const { connections, connectionsLimit } = this.#options;
    return Math.max(this.levels.proximity("refuse"), connections() / connectionsLimit);
  }

  /** How many times its ordinary bound the frame interval may be. */
  get intervalRoom(): number {
    return this.levels.isAt("widen") ? INTERVAL_ROOM : 1;
  }

  /**
   * How many transient events a frame may hold.
   * @param ordinary when there is no overload
   */
  transientEvents(ordinary: number): number {
    return this.levels.isAt("sample") ? Math.max(1, Math.floor(ordinary * SAMPLE_SHARE)) : ordinary;
  }

  /** A request over HTTP that publishes nothing. @throws OvationError overloaded */
  admitRequest(): void {
    if (this.levels.isAt("refuse")) throw this.#busy("request");
  }

  /** A request over HTTP to publish, before it is read. @throws OvationError overloaded */
  admitPublishing(): void {
    if (this.levels.isAt("shed")) throw this.#busy("request");
  }

  /**
   * Events that somebody publishes.
   * @param isDurable whether one of them is
   * @param isConnected whether a connected viewer does
   * @throws OvationError overloaded
   */
  admitEvents(isDurable: boolean, isConnected: boolean): void {
    const step = isDurable || isConnected ? "shed" : "refuse";
    if (this.levels.isAt(step)) throw this.#busy(isDurable ? "durable" : "transient");
  }

  /** Whether there are as many viewers as may be. */
  get isFull(): boolean {
    const { connections, connectionsLimit } = this.#options;
    return connections() >= connectionsLimit;
  }

  /** A viewer, as far as load is concerned. @throws OvationError overloaded */
  admitNewcomer(): void {
    if (this.levels.isAt("refuse")) throw this.#busy("viewer");
  }

  /** A viewer, when there is room for it. @throws OvationError overloaded */
  requireRoom(): void {
    const { connectionsLimit: limit } = this.#options;
    if (this.isFull) throw this.#refusal("viewer", `the gateway holds ${limit} viewers`, limit);
  }

  /** A viewer that is told to go since the gateway is full. @returns when to come back */
  turnAway(): number {
    this.stats.refused.viewer += 1;
    return this.retryAfterMs();
  }

  /** When to come back, in milliseconds. */
  retryAfterMs(): number {
    return Math.round(RETRY_MIN_MS + this.#options.random() * RETRY_SPREAD_MS);
  }

  #busy(thing: RefusedThing): OvationError {
    return this.#refusal(thing, "the gateway is too busy just now");
  }

  #refusal(thing: RefusedThing, message: string, limit?: number): OvationError {
    this.stats.refused[thing] += 1;
    return new OvationError("overloaded", message, { limit, retryAfterMs: this.retryAfterMs() });
  }

  #look(sources: OverloadSources): void {
    const { delayLimitMs } = this.#options;
    const sampled = sources.sampledEvents();
    if (this.levels.isAt("sample")) this.stats.sampledEvents += sampled - this.#sampledBefore;
    this.#sampledBefore = sampled;
    this.#lateness.look(sources.framesLateMs());
    const before = this.levels.level;
    this.levels.look({
      late: this.#lateness.averageMs / delayLimitMs,
      memory: this.#memory.look(),
      backlog: sources.backlog(),
      stretch: sources.stretch(),
    });
    logLevel(sources.log, this.levels, before);
  }
}

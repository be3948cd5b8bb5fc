/** How overloaded the gateway is, by its policy, and what it admits and refuses because of it. */
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
  /** 0: the container's limit. */
  readonly memoryLimitBytes: number;
  readonly connectionsLimit: number;
  readonly connections: () => number;
  readonly now: MonotonicClock;
  readonly random: () => number;
}

/** The signals of overload besides the process itself; sampled several times per second. */
export interface OverloadSources {
  /** How late frames were since the last sample, in milliseconds. */
  readonly framesLateMs: () => number;
  /** The frame interval, as a share of its normal maximum. */
  readonly stretch: () => number;
  /** What waits for NATS or a dispatcher, as a share of its limit. */
  readonly backlog: () => number;
  /** Events sent as counts only, so far. */
  readonly sampledEvents: () => number;
  readonly log: Log;
}

/** What was refused: a viewer, an HTTP request, or an event by its class. */
export type RefusalKind = "viewer" | "request" | "transient" | "durable";

export class Overload {
  readonly levels: ShedLevels<OverloadLevel, OverloadSignal>;
  readonly stats: { readonly refused: Record<RefusalKind, number>; sampledEvents: number } = {
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
    this.#lateness.start();
    this.#timer = setInterval(() => this.#sample(sources), POLL_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** How late the event loop and frames are on average, in milliseconds. */
  get delayMs(): number {
    return this.#lateness.averageMs;
  }

  /** How close the gateway is to refusing new viewers; at 1 it does. */
  get level(): number {
    const { connections, connectionsLimit } = this.#options;
    return Math.max(this.levels.proximity("refuse"), connections() / connectionsLimit);
  }

  /** The factor on the normal maximum of the frame interval. */
  get intervalRoom(): number {
    return this.levels.isAt("widen") ? INTERVAL_ROOM : 1;
  }

  /**
   * How many transient events a frame may hold.
   * @param ordinary the limit without overload
   */
  transientEvents(ordinary: number): number {
    return this.levels.isAt("sample") ? Math.max(1, Math.floor(ordinary * SAMPLE_SHARE)) : ordinary;
  }

  /** An HTTP request that publishes nothing. @throws OvationError overloaded */
  admitRequest(): void {
    if (this.levels.isAt("refuse")) throw this.#busy("request");
  }

  /** An HTTP request to publish, before it is read. @throws OvationError overloaded */
  admitPublishing(): void {
    if (this.levels.isAt("shed")) throw this.#busy("request");
  }

  /**
   * Admits events to be published.
   * @param isDurable whether one of them is durable
   * @param isConnected whether a connected viewer publishes them
   * @throws OvationError overloaded
   */
  admitEvents(isDurable: boolean, isConnected: boolean): void {
    const level = isDurable || isConnected ? "shed" : "refuse";
    if (this.levels.isAt(level)) throw this.#busy(isDurable ? "durable" : "transient");
  }

  /** Whether the limit of viewers is reached. */
  get isFull(): boolean {
    const { connections, connectionsLimit } = this.#options;
    return connections() >= connectionsLimit;
  }

  /** Admits a viewer as far as load is concerned. @throws OvationError overloaded */
  admitNewcomer(): void {
    if (this.levels.isAt("refuse")) throw this.#busy("viewer");
  }

  /** Requires room for one more viewer. @throws OvationError overloaded */
  requireRoom(): void {
    const { connectionsLimit: limit } = this.#options;
    if (this.isFull) throw this.#refusal("viewer", `the gateway holds ${limit} viewers`, limit);
  }

  /** Counts a viewer that is dismissed because the gateway is full. @returns when to reconnect */
  turnAway(): number {
    this.stats.refused.viewer += 1;
    return this.retryAfterMs();
  }

  /** When to retry, in milliseconds. */
  retryAfterMs(): number {
    return Math.round(RETRY_MIN_MS + this.#options.random() * RETRY_SPREAD_MS);
  }

  #busy(what: RefusalKind): OvationError {
    return this.#refusal(what, "the gateway is overloaded");
  }

  #refusal(what: RefusalKind, message: string, limit?: number): OvationError {
    this.stats.refused[what] += 1;
    return new OvationError("overloaded", message, { limit, retryAfterMs: this.retryAfterMs() });
  }

  #sample(sources: OverloadSources): void {
    const { delayLimitMs } = this.#options;
    const sampled = sources.sampledEvents();
    if (this.levels.isAt("sample")) this.stats.sampledEvents += sampled - this.#sampledBefore;
    this.#sampledBefore = sampled;
    this.#lateness.sample(sources.framesLateMs());
    const before = this.levels.level;
    this.levels.update({
      late: this.#lateness.averageMs / delayLimitMs,
      memory: this.#memory.sample(),
      backlog: sources.backlog(),
      stretch: sources.stretch(),
    });
    logLevel(sources.log, this.levels, before);
  }
}

/**
 * What a dispatcher refuses under overload, and in which order; only this file decides it:
 *
 * 1. `transient`: requests with transient events only are refused, once they are decoded.
 * 2. `durable`: every request is refused, unread.
 *
 * A refused request has no effect, and another dispatcher may take it. A dispatcher finishes what
 * it has taken; the number of durable events that wait for the store has a limit of its own.
 */
import type { Bus } from "../shared/bus/connection.ts";
import { BusLag } from "../shared/bus/lag.ts";
import type { DispatcherConfig } from "../shared/config/settings.ts";
import { OvationError } from "../shared/protocol/errors.ts";
import type { MonotonicClock } from "../shared/runtime/lifecycle.ts";
import type { Log } from "../shared/runtime/log.ts";
import {
  Lateness,
  MemoryUse,
  memoryLimit,
  POLL_EVERY_MS,
} from "../shared/runtime/overload/pressure.ts";
import { type Level, logLevel, ShedLevels } from "../shared/runtime/overload/shed-levels.ts";

type DispatcherLevel = "transient" | "durable";
/** Each as a share of its limit. `late`: the event loop, or reading from NATS. */
type DispatcherSignal = "late" | "memory" | "backlog";

const DISPATCHER_LEVELS: readonly Level<DispatcherLevel, DispatcherSignal>[] = [
  {
    name: "transient",
    enter: { late: 1, memory: 0.9, backlog: 0.5 },
    leave: { late: 0.5, memory: 0.85, backlog: 0.25 },
  },
  {
    name: "durable",
    enter: { late: 2, memory: 0.96, backlog: 0.9 },
    leave: { late: 1, memory: 0.92, backlog: 0.5 },
  },
];
/** Created once: a stack trace for each would cost as much as taking the request. */
const BUSY = new OvationError("overloaded", "the dispatcher is too busy at the moment");
/** Cap on the lateness that counts, in limits: a short stall should not weigh for long. */
const LATE_MOST = 3;

interface OverloadOptions {
  readonly bus: Pick<Bus, "state" | "flush" | "backlog">;
  readonly config: Pick<DispatcherConfig, "overloadDelayMs" | "memoryLimitBytes">;
  readonly now: MonotonicClock;
  readonly log: Log;
}

export class DispatcherOverload {
  readonly levels: ShedLevels<DispatcherLevel, DispatcherSignal>;
  readonly refused = { transient: 0, durable: 0 };
  readonly #options: OverloadOptions;
  readonly #lateness: Lateness;
  readonly #lag: BusLag;
  readonly #memory: MemoryUse;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: OverloadOptions) {
    const { bus, config, now } = options;
    this.#options = options;
    this.#lateness = new Lateness(now);
    this.#lag = new BusLag(bus, now);
    this.#memory = new MemoryUse(memoryLimit(config.memoryLimitBytes));
    this.levels = new ShedLevels(DISPATCHER_LEVELS, now);
  }

  start(): void {
    this.#lateness.start();
    this.#timer = setInterval(() => this.#poll(), POLL_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** A request, before it is read. @throws OvationError overloaded */
  admitRequest(): void {
    if (this.levels.isAt("durable")) throw this.#refusal("durable");
  }

  /** A request without durable events. @throws OvationError overloaded */
  admitTransient(): void {
    if (this.levels.isAt("transient")) throw this.#refusal("transient");
  }

  #refusal(what: keyof typeof this.refused): OvationError {
    this.refused[what] += 1;
    return BUSY;
  }

  #poll(): void {
    const { bus, config, log } = this.#options;
    const limitMs = config.overloadDelayMs;
    this.#lateness.sample(Math.min(this.#lag.sample(), LATE_MOST * limitMs));
    const before = this.levels.level;
    this.levels.update({
      late: this.#lateness.averageMs / limitMs,
      memory: this.#memory.sample(),
      backlog: bus.backlog,
    });
    logLevel(log, this.levels, before);
  }
}

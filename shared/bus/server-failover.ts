/**
 * Moves to another nats-server when this one is not usable: a server that was partitioned from its
 * cluster keeps our connection, but reaches neither the table nor our peers. When no server is
 * usable, such as without a quorum, it tries less and less often, because each move costs the
 * messages sent meanwhile.
 */
import type { MonotonicClock } from "../runtime/lifecycle.ts";
import type { Log } from "../runtime/log.ts";
import type { Bus } from "./connection.ts";

const POLL_EVERY_MS = 1_000;
/** How many times the patience may double. */
const DOUBLINGS = 5;

interface ServerFailoverOptions {
  readonly bus: Pick<Bus, "state" | "moveOn">;
  /** Whether NATS answers our requests. */
  readonly isServed: () => boolean;
  /** How long a server may be unusable before another one is tried. */
  readonly patienceMs: number;
  readonly now: MonotonicClock;
  readonly log: Log;
}

export class ServerFailover {
  readonly #options: ServerFailoverOptions;
  #servedAt = 0;
  #doublings = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ServerFailoverOptions) {
    this.#options = options;
  }

  start(): void {
    this.#servedAt = this.#options.now();
    this.#timer = setInterval(() => this.#poll(), POLL_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #poll(): void {
    const { bus, isServed, patienceMs, now, log } = this.#options;
    if (isServed()) this.#doublings = 0;
    // While disconnected, the client already tries other servers.
    if (isServed() || bus.state !== "connected") this.#servedAt = now();
    const forMs = now() - this.#servedAt;
    if (forMs < patienceMs * 2 ** this.#doublings) return;
    if (!bus.moveOn()) return;
    log.warn({ forMs: Math.round(forMs) }, "this nats-server is not usable; trying another one");
    this.#doublings = Math.min(this.#doublings + 1, DOUBLINGS);
    this.#servedAt = now();
  }
}

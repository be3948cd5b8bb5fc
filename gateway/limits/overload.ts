/**
 * What overload is, and the one place that says so: the event loop is late, or as many viewers are
 * connected as may be. Whoever is connected goes on; who is new is sent away, to come again later.
 */
import { OvationError } from "../../shared/errors.ts";
import type { MonotonicClock } from "../../shared/lifecycle.ts";

/** How often the event loop is looked at. */
const LOOK_EVERY_MS = 100;
/** The share of the newest look in the average: a pause of one look alone is no overload. */
const NEWEST = 0.2;
/** Who is sent away comes back at a random moment within these bounds. */
const RETRY_MIN_MS = 1_000;
const RETRY_SPREAD_MS = 4_000;

export interface OverloadOptions {
  readonly delayLimitMs: number;
  readonly connectionsLimit: number;
  readonly connections: () => number;
  readonly now: MonotonicClock;
  readonly random: () => number;
}

export class Overload {
  readonly #options: OverloadOptions;
  #delayMs = 0;
  #lookedAt = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: OverloadOptions) {
    this.#options = options;
  }

  start(): void {
    this.#lookedAt = this.#options.now();
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** How late the event loop is on average, in milliseconds. */
  get delayMs(): number {
    return this.#delayMs;
  }

  /** How near the gateway is to its bounds; from 1 up it takes nobody new. */
  get level(): number {
    const { connections, connectionsLimit } = this.#options;
    return Math.max(this.#delayLevel, connections() / connectionsLimit);
  }

  /** A request that needs no connection of its own. @throws OvationError overloaded */
  admitRequest(): void {
    if (this.#delayLevel >= 1) throw this.#refusal("the gateway is too busy just now");
  }

  /** A viewer. @throws OvationError overloaded */
  admitViewer(): void {
    this.admitRequest();
    const { connections, connectionsLimit } = this.#options;
    if (connections() < connectionsLimit) return;
    throw this.#refusal(`the gateway holds ${connectionsLimit} viewers`, connectionsLimit);
  }

  /** When to come back, in milliseconds. */
  retryAfterMs(): number {
    return Math.round(RETRY_MIN_MS + this.#options.random() * RETRY_SPREAD_MS);
  }

  get #delayLevel(): number {
    return this.#delayMs / this.#options.delayLimitMs;
  }

  #refusal(message: string, limit?: number): OvationError {
    return new OvationError("overloaded", message, { limit, retryAfterMs: this.retryAfterMs() });
  }

  #look(): void {
    const now = this.#options.now();
    const lateMs = Math.max(0, now - this.#lookedAt - LOOK_EVERY_MS);
    this.#lookedAt = now;
    this.#delayMs += NEWEST * (lateMs - this.#delayMs);
  }
}

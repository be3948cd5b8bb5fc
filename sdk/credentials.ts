/** The viewer's token: fetched for each connection, and refreshed before it expires. */
import { check } from "./arguments.ts";
import { OvationError } from "./error.ts";
import { within } from "./within.ts";

/**
 * The viewer's token, or a function that fetches one. The client calls the function for every
 * connection attempt, and before the token expires, by the gateway's clock. When the function throws
 * an {@link OvationError} with code `token_refused`, the client stops trying.
 *
 * @example
 * const ovation = new Ovation({
 *   url: "https://live.example.com",
 *   token: async () => (await fetch("/my/ovation-token")).text(),
 * });
 */
export type TokenSource = string | (() => string | Promise<string>);

/** When a fresh token is fetched. */
export interface RefreshTimes {
  /** How long before the current token expires. */
  readonly refreshBeforeMs: number;
  /** The shortest time since the last fetch. */
  readonly refreshMinMs: number;
}

type Timer = ReturnType<typeof setTimeout> | undefined;

/** The longest time that a timer can be set to. */
const TIMER_MAX_MS = 2 ** 31 - 1;
/** Gives up when this many fresh tokens are refused after the first one. */
const FRESH_REFUSALS = 2;
/** Gives up after this many refusals in a row, even of the same token: a cache may still replace it. */
const REFUSALS = 10;

export class Credentials {
  readonly #source: TokenSource | undefined;
  readonly #times: RefreshTimes;
  readonly #onDue: () => void;
  #timer: Timer;
  /** The fetch in progress, shared by all callers, and the function that cancels it. */
  #pending: Promise<string> | undefined;
  #cancel: ((error: OvationError) => void) | undefined;
  /** By `performance.now()`, which does not jump when the clock is set. */
  #fetchedAt = -Infinity;
  #expiresAt = 0;
  #lastRefused: string | undefined;
  #refusals = 0;
  #freshRefusals = 0;

  /** @param onDue called when it is time for a fresh token */
  constructor(source: TokenSource | undefined, times: RefreshTimes, onDue: () => void) {
    this.#source = source;
    this.#times = times;
    this.#onDue = onDue;
  }

  /** @throws OvationError `token_unavailable`, or the one that the application's function threw */
  async fetch(timeoutMs: number): Promise<string | undefined> {
    const source = this.#source;
    if (typeof source !== "function") return source;
    this.#pending ??= this.#call(source, timeoutMs);
    return await this.#pending;
  }

  async #call(source: () => string | Promise<string>, timeoutMs: number): Promise<string> {
    this.#fetchedAt = performance.now();
    try {
      const canceled = new Promise<never>((_, reject) => {
        this.#cancel = reject;
      });
      // Async, so that `#pending` is set even if `source` throws at once.
      const fetched = (async () => await source())();
      const token = await within(timeoutMs, Promise.race([fetched, canceled]));
      // Undefined means no token; anything else, such as a Response, is a mistake.
      if (token !== undefined) check("token()", token, "string");
      return token;
    } catch (error) {
      if (error instanceof OvationError) throw error;
      throw new OvationError("token_unavailable", `can't get a token: ${String(error)}`, {
        cause: error,
      });
    } finally {
      this.#pending = undefined;
    }
  }

  /**
   * A gateway accepted the token: schedules its refresh.
   * @param expiresInMs by the gateway's clock; undefined: never
   */
  accepted(expiresInMs: number | undefined): void {
    this.#refusals = this.#freshRefusals = 0;
    this.stop();
    this.#expiresAt = performance.now() + (expiresInMs ?? 0);
    if (expiresInMs === undefined) return;
    // A short-lived token is used for half of its lifetime.
    this.#schedule(Math.max(expiresInMs - this.#times.refreshBeforeMs, expiresInMs / 2));
  }

  /** A gateway refused the token. Returns whether another attempt would be useless. */
  refused(token: string | undefined): boolean {
    this.#refusals += 1;
    if (this.#refusals > 1 && token !== this.#lastRefused) this.#freshRefusals += 1;
    this.#lastRefused = token;
    const isFunction = typeof this.#source === "function";
    return !isFunction || this.#freshRefusals >= FRESH_REFUSALS || this.#refusals >= REFUSALS;
  }

  /** The gateway wants a fresh token. */
  refresh(): void {
    this.#schedule(0);
  }

  /** A refresh brought no fresh token: tries again after half of the time that is left. */
  postpone(): void {
    const leftMs = this.#expiresAt - performance.now();
    this.#schedule(Math.max(leftMs / 2, this.#times.refreshMinMs));
  }

  /** Cancels the scheduled refresh. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  /** Cancels the scheduled refresh, and the fetch in progress. */
  close(): void {
    this.stop();
    this.#refusals = this.#freshRefusals = 0;
    this.#cancel?.(new OvationError("closed", "the client is closed"));
  }

  #schedule(afterMs: number): void {
    if (typeof this.#source !== "function") return;
    this.stop();
    const soonestMs = this.#fetchedAt + this.#times.refreshMinMs - performance.now();
    this.#timer = setTimeout(this.#onDue, Math.min(Math.max(afterMs, soonestMs), TIMER_MAX_MS));
  }
}

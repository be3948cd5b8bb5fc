/** The viewer's token: had anew for each connection, and refreshed before it expires. */
import { check } from "./arguments.ts";
import { OvationError } from "./error.ts";
import { within } from "./within.ts";

/**
 * The viewer's token, or a function that gets a fresh one. The function is called for every try to
 * connect, and before the token expires, by the gateway's clock. When it throws an
 * {@link OvationError} with code `token_refused`, the client stops trying.
 *
 * @example
 * const ovation = new Ovation({
 *   url: "https://live.example.com",
 *   token: async () => (await fetch("/my/ovation-token")).text(),
 * });
 */
export type TokenSource = string | (() => string | Promise<string>);

/** When a fresh token is asked for. */
export interface RefreshTimes {
  /** Before the one that is used expires. */
  readonly refreshBeforeMs: number;
  /** And no sooner than this after it was asked for. */
  readonly refreshMinMs: number;
}

type Timer = ReturnType<typeof setTimeout> | undefined;

/** The longest time that a timer can be set to. */
const TIMER_MAX_MS = 2 ** 31 - 1;
/** So many tokens, each another one than that before it, are refused after the first one. */
const FRESH_REFUSALS = 2;
/** So many refusals in a row, whichever tokens they are of: one that is cached may be replaced. */
const REFUSALS = 10;

export class Credentials {
  readonly #source: TokenSource | undefined;
  readonly #times: RefreshTimes;
  readonly #onDue: () => void;
  #timer: Timer;
  /** A token that is being asked for, by however many; and what ends the wait. */
  #pending: Promise<string> | undefined;
  #cancel: ((error: OvationError) => void) | undefined;
  /** By `performance.now()`, which goes on whatever is done to the clock. */
  #askedAt = Number.NEGATIVE_INFINITY;
  #expiresAt = 0;
  #lastRefused: string | undefined;
  #refusals = 0;
  #freshRefusals = 0;

  /** @param onDue it is time for a fresh token */
  constructor(source: TokenSource | undefined, times: RefreshTimes, onDue: () => void) {
    this.#source = source;
    this.#times = times;
    this.#onDue = onDue;
  }

  /** @throws OvationError `token_unavailable`, or what the application's own function refused with */
  async fetch(timeoutMs: number): Promise<string | undefined> {
    const source = this.#source;
    if (typeof source !== "function") return source;
    this.#pending ??= this.#ask(source, timeoutMs);
    return await this.#pending;
  }

  async #ask(source: () => string | Promise<string>, timeoutMs: number): Promise<string> {
    this.#askedAt = performance.now();
    try {
      const ended = new Promise<never>((_, reject) => {
        this.#cancel = reject;
      });
      // Also what it throws at once comes later, when it is known to be pending.
      const asked = (async () => await source())();
      const token = await within(timeoutMs, Promise.race([asked, ended]));
      // Undefined stands for none; anything else, such as a Response, is a mistake.
      if (token !== undefined) check("token()", token, "string");
      return token;
    } catch (error) {
      if (error instanceof OvationError) throw error;
      throw new OvationError("token_unavailable", `no token: ${String(error)}`, {
        cause: error,
      });
    } finally {
      this.#pending = undefined;
    }
  }

  /**
   * A gateway has taken the token: sees to it that it is replaced before it expires.
   * @param expiresInMs by the gateway's clock; undefined: never
   */
  accepted(expiresInMs: number | undefined): void {
    this.#refusals = this.#freshRefusals = 0;
    this.stop();
    this.#expiresAt = performance.now() + (expiresInMs ?? 0);
    if (expiresInMs === undefined) return;
    // A token that lives shortly is used for half of its life.
    this.#remind(Math.max(expiresInMs - this.#times.refreshBeforeMs, expiresInMs / 2));
  }

  /** A gateway refuses the token. Returns whether another one would be of no use. */
  refused(token: string | undefined): boolean {
    this.#refusals += 1;
    if (this.#refusals > 1 && token !== this.#lastRefused) this.#freshRefusals += 1;
    this.#lastRefused = token;
    const isFunction = typeof this.#source === "function";
    return !isFunction || this.#freshRefusals >= FRESH_REFUSALS || this.#refusals >= REFUSALS;
  }

  /** The gateway wants a fresh one. */
  due(): void {
    this.#remind(0);
  }

  /** None could be had, or not yet a fresh one: asks again at half of the time that is left. */
  postpone(): void {
    const leftMs = this.#expiresAt - performance.now();
    this.#remind(Math.max(leftMs / 2, this.#times.refreshMinMs));
  }

  /** Nothing is due any more. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  /** Neither is a token that is asked for. */
  close(): void {
    this.stop();
    this.#refusals = this.#freshRefusals = 0;
    this.#cancel?.(new OvationError("closed", "the client is closed"));
  }

  #remind(afterMs: number): void {
    if (typeof this.#source !== "function") return;
    this.stop();
    const soonestMs = this.#askedAt + this.#times.refreshMinMs - performance.now();
    this.#timer = setTimeout(this.#onDue, Math.min(Math.max(afterMs, soonestMs), TIMER_MAX_MS));
  }
}

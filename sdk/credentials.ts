/** The viewer's token: had anew for each connection, and refreshed before it expires. */
import { OvationError } from "./error.ts";

/**
 * The viewer's token, or a function that gets a fresh one. The function is called for every try to
 * connect, and before the token expires if it is a JWT with `exp`. When it throws an
 * {@link OvationError} with code `token_refused`, the client stops trying.
 *
 * @example
 * const ovation = new Ovation({
 *   url: "https://live.example.com",
 *   token: async () => (await fetch("/my/ovation-token")).text(),
 * });
 */
export type TokenSource = string | (() => string | Promise<string>);

/** The longest time that a timer can be set to. */
const TIMER_MAX_MS = 2 ** 31 - 1;
const REFRESH_MIN_MS = 1_000;

/** When a JWT expires, in milliseconds since 1970; undefined for any other token. */
export function expiryOf(token: string): number | undefined {
  try {
    const payload = (token.split(".")[1] ?? "").replace(/-/g, "+").replace(/_/g, "/");
    const { exp } = JSON.parse(atob(payload)) as { readonly exp?: unknown };
    return typeof exp === "number" ? exp * 1_000 : undefined;
  } catch {
    return undefined; // Not a JWT: only its maker knows.
  }
}

export class Credentials {
  readonly #source: TokenSource | undefined;
  readonly #refreshBeforeMs: number;
  readonly #onDue: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param onDue it is time for a fresh token */
  constructor(source: TokenSource | undefined, refreshBeforeMs: number, onDue: () => void) {
    this.#source = source;
    this.#refreshBeforeMs = refreshBeforeMs;
    this.#onDue = onDue;
  }

  /** Whether there is anything to ask for a fresh token. */
  get canRefresh(): boolean {
    return typeof this.#source === "function";
  }

  /** @throws OvationError `token_unavailable`, or what the application's own function refused with */
  async fetch(timeoutMs: number): Promise<string | undefined> {
    if (typeof this.#source !== "function") return this.#source;
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`none within ${timeoutMs} ms`)), timeoutMs);
      });
      return await Promise.race([this.#source(), late]);
    } catch (error) {
      if (error instanceof OvationError) throw error;
      throw new OvationError("token_unavailable", `no token could be had: ${String(error)}`, {
        cause: error,
      });
    } finally {
      clearTimeout(timer);
    }
  }

  /** Sees to it that this token, which a gateway has taken, is replaced before it expires. */
  watch(token: string | undefined): void {
    this.stop();
    const expiry = token === undefined || !this.canRefresh ? undefined : expiryOf(token);
    if (expiry === undefined) return;
    const leftMs = expiry - Date.now();
    // A token that lives shortly is used for half of its life; one that is past is asked for calmly.
    const wait = Math.max(leftMs - this.#refreshBeforeMs, leftMs / 2, REFRESH_MIN_MS);
    this.remind(Math.min(wait, TIMER_MAX_MS));
  }

  /** Asks for a fresh one after a while. */
  remind(afterMs: number): void {
    this.stop();
    this.#timer = setTimeout(this.#onDue, afterMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

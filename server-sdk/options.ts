/** The options of an `Ovation`, checked when it is created. */
import type { NatsConnection } from "./events/types.ts";

/**
 * A token or an API key, or a function that gets a token: it is called when there is none yet and when
 * a gateway says that the last one has expired.
 *
 * @example
 * const signer = new TokenSigner({ secret: process.env["OVATION_AUTH_SECRET"] ?? "" });
 * const token: TokenSource = () => signer.backend();
 */
export type TokenSource = string | (() => string | Promise<string>);

/**
 * Options of an {@link Ovation}. Only `url` is required.
 *
 * @example
 * const options: OvationOptions = { url: "https://live.example.com", token: "an API key", waitMs: 5_000 };
 */
export interface OvationOptions {
  /** The gateways' address, `http:` or `https:`, such as `https://live.example.com`. */
  readonly url: string | URL;
  /** An API key, a token, or a function that gets a token. */
  readonly token?: TokenSource | undefined;
  /** The longest that one attempt may take. Default: 20,000. */
  readonly timeoutMs?: number | undefined;
  /** After this time no attempt begins any more; 0: nothing is repeated. Default: 30,000. */
  readonly waitMs?: number | undefined;
  /**
   * A connection to NATS as the user `consumer`, for {@link Ovation.events}: of the package `nats`, or of
   * `@nats-io/transport-node`. You close it.
   */
  readonly nats?: NatsConnection | undefined;
  /** Used instead of the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Used instead of `Math.random`, for tests: returns a number from 0 up to, not including, 1. */
  readonly random?: (() => number) | undefined;
}

/** The options, with every default. */
export interface Settings {
  /** Without a slash at its end. */
  readonly url: string;
  readonly token: TokenSource | undefined;
  readonly timeoutMs: number;
  readonly waitMs: number;
  readonly nats: NatsConnection | undefined;
  readonly fetch: typeof globalThis.fetch;
  readonly random: () => number;
}

/** The longest time that Node's timers take. */
const TIMER_LIMIT_MS = 2 ** 31 - 1;
const NAMES = ["url", "token", "timeoutMs", "waitMs", "nats", "fetch", "random"];

/** @throws TypeError or RangeError that names the option */
export function settingsOf(options: OvationOptions): Settings {
  for (const name of Object.keys(options)) {
    if (!NAMES.includes(name)) throw new TypeError(`unknown option ${name}`);
  }
  const { token, timeoutMs = 20_000, waitMs = 30_000, random = Math.random } = options;
  if (token !== undefined && typeof token !== "function" && !/^[\x21-\x7e]+$/.test(token)) {
    throw new TypeError("token: a token, an API key or a function is expected");
  }
  checkTime("timeoutMs", timeoutMs, 1);
  checkTime("waitMs", waitMs, 0);
  return {
    url: addressOf(options.url),
    token,
    timeoutMs,
    waitMs,
    nats: options.nats,
    // Looked up at each call: a test, or tracing, may replace it.
    fetch: options.fetch ?? ((...given) => globalThis.fetch(...given)),
    random,
  };
}

function addressOf(url: string | URL): string {
  const text = String(url);
  const parsed = URL.canParse(text) ? new URL(text) : undefined;
  if (parsed === undefined || !["http:", "https:"].includes(parsed.protocol)) {
    throw new TypeError("url: an address that begins with http:// or https:// is expected");
  }
  if (parsed.username !== "" || parsed.password !== "") {
    throw new TypeError("url: it may hold no user and no password; there is the option token");
  }
  return `${parsed.origin}${parsed.pathname}`.replace(/\/+$/, "");
}

function checkTime(name: string, ms: number, min: number): void {
  if (Number.isInteger(ms) && ms >= min && ms <= TIMER_LIMIT_MS) return;
  throw new RangeError(`${name}: a whole number from ${min} to ${TIMER_LIMIT_MS} is expected`);
}

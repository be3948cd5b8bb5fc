/** What an application may choose, and what it gets if it doesn't. */
import type { TokenSource } from "./credentials.ts";
import type { WhileAway } from "./outbox.ts";

/**
 * Any constructor of WebSockets: a browser's, Node's, or that of a package such as `ws`.
 *
 * @example
 * import WebSocket from "ws";
 * const ovation = new Ovation({ url: "https://live.example.com", WebSocket });
 */
export type WebSocketConstructor = new (url: string, ...more: never[]) => object;

/**
 * What an {@link Ovation} is made with. Only `url` must be given.
 *
 * @example
 * const options: OvationOptions = { url: "https://live.example.com", whileAway: "fail" };
 */
export interface OvationOptions {
  /**
   * Where gateways are, such as `https://live.example.com`; of several, another one is tried when
   * one can't be reached. In a browser it may be relative to the page.
   */
  readonly url: string | readonly string[];
  /** The viewer's token, or how to get one. */
  readonly token?: TokenSource;
  /** How long before a token expires a fresh one is fetched. Default: 60,000. */
  readonly refreshBeforeMs?: number;
  /** What becomes of publishes while there is no connection. Default: `wait`. */
  readonly whileAway?: WhileAway;
  /** The longest that a publish takes, waiting and repeats included. Default: 30,000. */
  readonly waitMs?: number;
  /** How many publishes may wait; more are refused with `queue_full`. Default: 1,000. */
  readonly queueLimit?: number;
  /** `auto`: a WebSocket, and Server-Sent Events with HTTP where none can be had. */
  readonly transport?: "auto" | "websocket" | "sse";
  /** The longest wait for a connection, and for the `token` function. Default: 10,000. */
  readonly connectTimeoutMs?: number;
  /** The first wait before another try is anywhere from 0 up to this. Default: 1,000. */
  readonly reconnectFirstMs?: number;
  /** With each try the wait may double, up to this. Default: 30,000. */
  readonly reconnectMaxMs?: number;
  /** How long a connection must have held for the waits to be short again. Default: 10,000. */
  readonly healthyMs?: number;
  /** The silence after which the gateway is asked for a sign of life. Default: 20,000. */
  readonly heartbeatMs?: number;
  /** The wait for that sign; after it the connection counts as lost. Default: 10,000. */
  readonly heartbeatTimeoutMs?: number;
  /** How soon a WebSocket is tried again where there was none; doubles up to 20 times. Default: 60,000. */
  readonly webSocketRetryMs?: number;
  /** Instead of the global one, such as `ws` for Node 20. */
  readonly WebSocket?: WebSocketConstructor;
  /** Instead of the global one. */
  readonly fetch?: typeof globalThis.fetch;
  /** Chance, for a test that wants none: from 0 up to 1. */
  readonly random?: () => number;
}

/** Every option with a value, but for those that have no default. */
export type Settings = Required<Omit<OvationOptions, "token" | "WebSocket">> & {
  readonly token: TokenSource | undefined;
  readonly WebSocket: typeof globalThis.WebSocket | undefined;
};

/** Fills in the defaults. */
export function settingsOf(options: OvationOptions): Settings {
  const given = Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as unknown as OvationOptions;
  return {
    refreshBeforeMs: 60_000,
    whileAway: "wait",
    waitMs: 30_000,
    queueLimit: 1_000,
    transport: "auto",
    connectTimeoutMs: 10_000,
    reconnectFirstMs: 1_000,
    reconnectMaxMs: 30_000,
    healthyMs: 10_000,
    heartbeatMs: 20_000,
    heartbeatTimeoutMs: 10_000,
    webSocketRetryMs: 60_000,
    // Called as a method of anything else, a browser's fetch throws.
    fetch: (...request) => globalThis.fetch(...request),
    random: Math.random,
    ...given,
    token: options.token,
    WebSocket: (options.WebSocket ?? globalThis.WebSocket) as typeof globalThis.WebSocket,
  };
}

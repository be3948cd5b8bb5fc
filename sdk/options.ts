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
   * one can't be reached: the first one first, then the others in an order of chance. It may be
   * relative to the page, such as `/`: it is resolved when the client connects, so that a module may
   * make the client on a server too.
   */
  readonly url: string | URL | readonly (string | URL)[];
  /** The viewer's token, or how to get one. */
  readonly token?: TokenSource;
  /** How long before a token expires a fresh one is fetched. Default: 60,000. */
  readonly refreshBeforeMs?: number;
  /** A fresh one is fetched no sooner than this after the one before, however short they live. Default: 5,000. */
  readonly refreshMinMs?: number;
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

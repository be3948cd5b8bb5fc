/** The client's options, with their defaults. */
import type { TokenSource } from "./credentials.ts";
import type { WhileAway } from "./outbox.ts";

/**
 * Any WebSocket constructor: the browser's, Node's, or that of a package such as `ws`.
 *
 * @example
 * import WebSocket from "ws";
 * const ovation = new Ovation({ url: "https://live.example.com", WebSocket });
 */
export type WebSocketConstructor = new (url: string, ...more: never[]) => object;

/**
 * Options of an {@link Ovation}. Only `url` is required.
 *
 * @example
 * const options: OvationOptions = { url: "https://live.example.com", whileAway: "fail" };
 */
export interface OvationOptions {
  /**
   * The gateway's address, such as `https://live.example.com`, or several: when one can't be
   * reached, the client tries another, the first one first and then the others in random order.
   * An address may be relative to the page, such as `/`: it is resolved when the client connects, so
   * a module may create the client on a server too.
   */
  readonly url: string | URL | readonly (string | URL)[];
  /** The viewer's token, or a function that gets one. */
  readonly token?: TokenSource;
  /** How long before a token expires the client fetches a fresh one. Default: 60,000. */
  readonly refreshBeforeMs?: number;
  /** The shortest time between two fetches for a refresh, however short-lived tokens are. Default: 5,000. */
  readonly refreshMinMs?: number;
  /** What happens to publishes while there is no connection. Default: `wait`. */
  readonly whileAway?: WhileAway;
  /** The longest that a publish may take, including waits and retries. Default: 30,000. */
  readonly waitMs?: number;
  /** How many publishes may wait; further ones are rejected with `queue_full`. Default: 1,000. */
  readonly queueLimit?: number;
  /** `auto`: a WebSocket, or Server-Sent Events and HTTP where WebSockets don't work. Default: `auto`. */
  readonly transport?: "auto" | "websocket" | "sse";
  /** The longest wait for a connection, and for the `token` function. Default: 10,000. */
  readonly connectTimeoutMs?: number;
  /** The first reconnect waits a random time up to this. Default: 1,000. */
  readonly reconnectFirstMs?: number;
  /** Each failed attempt doubles the longest wait, up to this. Default: 30,000. */
  readonly reconnectMaxMs?: number;
  /** How long a connection must last before reconnect waits are short again. Default: 10,000. */
  readonly healthyMs?: number;
  /** After this much silence the client sends a ping. Default: 20,000. */
  readonly heartbeatMs?: number;
  /** How long the client waits for the answer to a ping; then the connection counts as lost. Default: 10,000. */
  readonly heartbeatTimeoutMs?: number;
  /** The wait before a WebSocket is tried again where none worked; grows to at most 20 times this. Default: 60,000. */
  readonly webSocketRetryMs?: number;
  /**
   * Whether the client reports what this viewer gets, if its gateway asks: how long events take to
   * the screen, what is lost, how often it reconnects. Numbers only: no video, actor or event.
   * Default: true.
   */
  readonly reports?: boolean;
  /**
   * Whether the client asks for fewer, larger frames while the page is hidden (one in 10 seconds), or
   * where the browser saves data (one a second). What was held back comes when the page is shown.
   * Only over a WebSocket. Default: true.
   */
  readonly slowsDown?: boolean;
  /** Used instead of the global `WebSocket`, such as that of `ws` for Node 20. */
  readonly WebSocket?: WebSocketConstructor;
  /** Used instead of the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch;
  /** Used instead of `Math.random`, for tests: returns a number from 0 up to, not including, 1. */
  readonly random?: () => number;
}

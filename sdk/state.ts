/** The connection's state, as an application sees it. */
import type { OvationErrorCode } from "./error.ts";

/** How viewers are connected. */
export type Via = "websocket" | "sse";

/**
 * Why there is no connection, or not the best one: a code for programs, a message for people.
 * docs/connecting.md says for each code what to do.
 *
 * @example
 * const describe = ({ code, message }: ConnectionFault) => `${message} (${code})`;
 */
export interface ConnectionFault {
  readonly code: OvationErrorCode;
  readonly message: string;
}

/**
 * The state of the connection.
 *
 * - `idle`: no connection has been needed yet.
 * - `connecting`: the first attempt is in progress.
 * - `connected`: over a WebSocket, or over Server-Sent Events where WebSockets don't work; then
 *   `reason` says why, unless the application chose it. `isStale` is true while the gateway is cut
 *   off from the others: no new events arrive until that is over or the client is at another gateway.
 * - `reconnecting`: the connection was lost, or could not be made; the next attempt is `waitMs` after
 *   this state was reported.
 * - `closed`: `close()` was called, or the gateway refuses the client. It stays closed until
 *   `connect()` is called.
 *
 * @example
 * ovation.onState((state) => {
 *   if (state.name === "reconnecting") showBanner(`Connection lost: ${state.reason.message}`);
 *   else if (state.name === "closed" && state.reason.code.startsWith("token_")) signInAgain();
 *   else hideBanner();
 * });
 */
export type ConnectionState =
  | { readonly name: "idle" }
  | { readonly name: "connecting" }
  | {
      readonly name: "connected";
      readonly via: Via;
      readonly gateway: string | undefined;
      readonly isStale: boolean;
      readonly reason: ConnectionFault | undefined;
    }
  | {
      readonly name: "reconnecting";
      /** How many attempts have failed since the last connection. */
      readonly attempt: number;
      readonly waitMs: number;
      readonly reason: ConnectionFault;
    }
  | { readonly name: "closed"; readonly reason: ConnectionFault };

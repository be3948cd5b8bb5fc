/** What an application sees of its connection. */
import type { OvationErrorCode } from "./error.ts";

/** How viewers are connected. */
export type Via = "websocket" | "sse";

/**
 * Why there is no connection, or none of the usual kind: a code for a program, a message for a
 * person. docs/connecting.md says of each code what to do.
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
 * - `idle`: nothing has been asked for yet.
 * - `connecting`: the first try is under way.
 * - `connected`: over a WebSocket, or over Server-Sent Events where none can be had; then `reason`
 *   says why, unless the application chose so. `isStale` while the gateway is cut off from the
 *   others: nothing new comes, until that is over or another is found.
 * - `reconnecting`: it was lost, or could not be had; the next try is `waitMs` after this was told.
 * - `closed`: for good, until `connect()` is called: `close()` was, or the gateway refuses us.
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
      /** How many tries have failed since there was a connection. */
      readonly attempt: number;
      readonly waitMs: number;
      readonly reason: ConnectionFault;
    }
  | { readonly name: "closed"; readonly reason: ConnectionFault };

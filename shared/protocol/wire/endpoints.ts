/** Where a viewer connects, and by which protocols. */

/** WebSocket subprotocols, the SDK's default first. */
export const SUBPROTOCOLS = {
  "ovation.v1.msgpack": "msgpack",
  "ovation.v1.json": "json",
} as const;
export type Subprotocol = keyof typeof SUBPROTOCOLS;

/** The path that a WebSocket connects to. */
export const CONNECT_PATH = "/v1/connect";
/** The path where a gateway issues tickets. */
export const TICKETS_PATH = "/v1/tickets";

/** How many past events one request may ask for. */
export const HISTORY_LIMIT = 1_000;

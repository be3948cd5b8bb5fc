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
/** The path where a gateway answers a plain HTTP request, as proof that it can be reached. */
export const PING_PATH = "/v1/ping";
/** What a gateway answers there, so that no other server is mistaken for one. */
export const PROTOCOL = "ovation.v1";

/** How many past events one request may ask for. */
export const HISTORY_LIMIT = 1_000;

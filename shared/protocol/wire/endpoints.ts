/** Where a viewer connects, and what is spoken there. */

/** WebSocket subprotocols, the SDK's default first. */
export const SUBPROTOCOLS = {
  "ovation.v1.msgpack": "msgpack",
  "ovation.v1.json": "json",
} as const;
export type Subprotocol = keyof typeof SUBPROTOCOLS;

/** Where a WebSocket connects. */
export const CONNECT_PATH = "/v1/connect";
/** Where a gateway gives tickets. */
export const TICKETS_PATH = "/v1/tickets";
/** Where a gateway answers to a plain HTTP request, as proof that it can be reached. */
export const PING_PATH = "/v1/ping";
/** What a gateway says there that it is, so that no other server is taken for one. */
export const PROTOCOL = "ovation.v1";

/** Most events of the past that one request may ask for. */
export const HISTORY_LIMIT = 1_000;

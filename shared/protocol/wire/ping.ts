/** The plain HTTP request that finds out whether a gateway can be reached. */

/** The path where a gateway answers it. */
export const PING_PATH = "/v1/ping";
/** What a gateway answers there, so that no other server is mistaken for one. */
export const PROTOCOL = "ovation.v1";

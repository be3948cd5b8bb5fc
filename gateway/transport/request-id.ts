/** The id by which a client and an operator speak of the same HTTP request. */
import { randomUUID } from "node:crypto";

export const REQUEST_ID = "x-request-id";

/** What clients and proxies make up; nothing that could be taken for more than one line of a log. */
const WELL_FORMED = /^[\w.~+/=:-]{1,128}$/;

/** The client's or its proxy's id where it is well-formed, or a new one. */
export function requestIdOf(given: string): string {
  return WELL_FORMED.test(given) ? given : randomUUID();
}

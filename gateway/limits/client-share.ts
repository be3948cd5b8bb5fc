/** How much of what all clients share one of them may take. */
import type { ClientKey } from "./client-key.ts";

/**
 * A gateway with small limits still serves an office that shares one address, and a connection still
 * gets all that it may watch.
 */
const LEAST = 100;

/** The share of an address is so many times that of each actor there. */
export const ADDRESS_FACTOR = 2;

/** Whose share is taken from. Both are the same for a client without an actor. */
export interface Claimant {
  readonly client: ClientKey;
  readonly address: ClientKey;
}

/**
 * @param limit what a gateway holds for all clients together
 * @param percent the setting `client-share-percent`
 */
export function clientShare(limit: number, percent: number): number {
  return Math.max(LEAST, Math.floor((limit * percent) / 100));
}

/**
 * How much of its share of a rate one client may use at once: a tenth of a second's, since all of it
 * is done before others are served. A client that may have everything may have it at once.
 * @param perSecond what a gateway takes of all clients together
 */
export function clientBurst(perSecond: number, percent: number): number {
  const share = clientShare(perSecond, percent);
  return share < perSecond ? Math.max(LEAST, Math.ceil(share / 10)) : share;
}

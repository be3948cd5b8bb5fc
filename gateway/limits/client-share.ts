/** How much of what all clients share one of them may take. */

/**
 * A gateway with small limits still serves an office that shares one address, and a connection still
 * gets all that it may watch.
 */
const LEAST = 100;

/**
 * @param limit what a gateway holds for all clients together
 * @param percent the setting `client-share-percent`
 */
export function clientShare(limit: number, percent: number): number {
  return Math.max(LEAST, Math.floor((limit * percent) / 100));
}

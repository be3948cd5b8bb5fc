/**
 * How fast a gateway that is drained may send its viewers away: as fast as the others take them.
 * Each gateway says in its lease how many it lets in a second, and whether it is drained itself.
 */
import type { LeaseContent } from "../../shared/protocol/table.ts";

/** The other half is for viewers that come anew, and for others being chosen unevenly. */
const SHARE = 0.5;

/** What the drain must know of another gateway. */
export type PeerLease = Pick<LeaseContent, "connectionsPerSecond" | "isDraining">;

export interface Pace {
  /** Gateways that take viewers. */
  readonly acceptors: number;
  /** Viewers to send away in a second. */
  readonly perSecond: number;
}

/**
 * @param peers leases of the other gateways; undefined when they can't be read: then another one
 *   like this is taken for granted
 * @param own how many viewers this gateway lets in a second
 */
export function paceOf(peers: readonly PeerLease[] | undefined, own: number): Pace {
  if (peers === undefined) return { acceptors: 1, perSecond: SHARE * own };
  const acceptors = peers.filter(({ isDraining }) => isDraining !== true);
  const drained = peers.length - acceptors.length + 1;
  // Whoever takes over when nobody is left will be one like this.
  if (acceptors.length === 0) return { acceptors: 0, perSecond: (SHARE * own) / drained };
  const together = acceptors.reduce((sum, { connectionsPerSecond = own }) => {
    return sum + connectionsPerSecond;
  }, 0);
  return { acceptors: acceptors.length, perSecond: (SHARE * together) / drained };
}

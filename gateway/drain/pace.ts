/**
 * How fast a draining gateway may dismiss its viewers: as fast as the others accept them. Each
 * gateway's lease says how many it accepts per second, and whether it is draining itself.
 */
import type { LeaseContent } from "../../shared/protocol/table.ts";

/** The other half is for new viewers, and for an uneven choice among gateways. */
const SHARE = 0.5;

/** What the drain must know about another gateway. */
export type PeerLease = Pick<LeaseContent, "connectionsPerSecond" | "isDraining">;

export interface Pace {
  /** Gateways that accept viewers. */
  readonly acceptors: number;
  /** Viewers to dismiss per second. */
  readonly perSecond: number;
}

/**
 * @param peers leases of the other gateways; undefined when they can't be read: then one other
 *   gateway like this one is assumed
 * @param own how many viewers this gateway accepts per second
 */
export function paceOf(peers: readonly PeerLease[] | undefined, own: number): Pace {
  if (peers === undefined) return { acceptors: 1, perSecond: SHARE * own };
  const acceptors = peers.filter(({ isDraining }) => isDraining !== true);
  const drained = peers.length - acceptors.length + 1;
  // If no gateway is left, one that takes over is assumed to be like this one.
  if (acceptors.length === 0) return { acceptors: 0, perSecond: (SHARE * own) / drained };
  const together = acceptors.reduce((sum, { connectionsPerSecond = own }) => {
    return sum + connectionsPerSecond;
  }, 0);
  return { acceptors: acceptors.length, perSecond: (SHARE * together) / drained };
}

/**
 * Partitions: each video belongs to one, and two of the live dispatchers serve it. NATS computes the
 * same number from a video's id by the mapping `{{partition(64,1)}}`
 * (https://docs.nats.io/nats-concepts/subject_mapping#deterministic-subject-token-partitioning), which
 * deploy/nats/ovation.conf uses for the requests of services.
 */

/** The number of partitions in deploy/nats/ovation.conf. */
export const DEFAULT_PARTITIONS = 64;
export const PARTITIONS_LIMIT = 1_024;

/** FNV-1a with 32 bits (http://www.isthe.com/chongo/tech/comp/fnv/), as nats-server has it. */
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/**
 * The partition of a video, from 0.
 * @param target a video, or NO_VIDEO: their characters are ASCII
 * @param partitions how many there are
 */
export function partitionOf(target: string, partitions: number): number {
  return fnv1a(target) % partitions;
}

function fnv1a(text: string): number {
  let hash = FNV_OFFSET;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), FNV_PRIME);
  }
  return hash >>> 0;
}

/**
 * Which dispatchers should serve a partition: of all, the two that a rendezvous hash puts first. So
 * when one comes or goes, only the partitions that it serves move.
 * @param dispatchers their ids
 */
export function ownersOf(partition: number, dispatchers: readonly string[]): readonly string[] {
  if (dispatchers.length <= OWNERS) return dispatchers;
  const ranked = dispatchers.map((id) => ({ id, rank: mix(fnv1a(`${id}.${partition}`)) }));
  // Ids decide between equal ranks: every process must come to the same result.
  ranked.sort((one, other) => other.rank - one.rank || (one.id < other.id ? -1 : 1));
  return ranked.slice(0, OWNERS).map(({ id }) => id);
}

/** How many dispatchers serve a partition: one more than is needed, so that one can die. */
export const OWNERS = 2;

/** The finalizer of MurmurHash3: in FNV-1a alone, the last character hardly changes the high bits. */
function mix(hash: number): number {
  let mixed = hash ^ (hash >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

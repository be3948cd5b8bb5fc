/** How often a viewer gets frames, if it asks for fewer of them. */

/** The longest time between two frames that a viewer may ask for. */
export const PACE_MAX_MS = 10_000;

/**
 * The paces there are, in milliseconds. Viewers of a video and pace share frames, and whoever asks
 * for odd ones can't make more of them.
 */
const PACES_MS = [0, 100, 250, 500, 1_000, 2_500, 5_000, PACE_MAX_MS] as const;

/**
 * The pace that a viewer gets: the slowest that is no slower than what it asked for.
 * @param everyMs from 0 to {@link PACE_MAX_MS}
 */
export function paceWithin(everyMs: number): number {
  return PACES_MS.findLast((pace) => pace <= everyMs) ?? 0;
}

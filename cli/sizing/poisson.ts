/** The two formulas of probability on which the model rests. */

/**
 * The rate of an action that runs at once after a pause, and otherwise no sooner than an interval
 * after its last run: frames of a video, rewrites of a row, batches of likes. Requests for it arrive
 * at random (a Poisson process), so the time between two runs is the interval plus, with the
 * probability `e^(-rate·interval)` that no request arrived in it, the time until the next one.
 * @param perSecond requests per second
 * @returns runs per second: at most `perSecond`, and at most one per interval
 */
export function poissonRate(perSecond: number, intervalMs: number): number {
  if (perSecond === 0) return 0;
  const interval = intervalMs / 1_000;
  return 1 / (interval + Math.exp(-perSecond * interval) / perSecond);
}

/**
 * How many of `bins` hold at least one of `count` items when each item goes to a random one: how
 * many gateways have viewers of a video.
 */
export function occupied(count: number, bins: number): number {
  return bins * (1 - (1 - 1 / bins) ** count);
}

/** The two laws of chance that the model rests on. */

/**
 * How often something is done that is done at once after a pause, and then no sooner than an interval
 * after the last time: frames of a video, rewrites of a row, batches of likes. What asks for it comes
 * at random (a Poisson process), so the time between two is the interval, and with the chance
 * `e^(-rate·interval)` that nothing came meanwhile, the time until something does.
 * @param perSecond how often it is asked for
 * @returns how often it is done, a second: never more than either bound
 */
export function pace(perSecond: number, intervalMs: number): number {
  if (perSecond === 0) return 0;
  const interval = intervalMs / 1_000;
  return 1 / (interval + Math.exp(-perSecond * interval) / perSecond);
}

/**
 * On how many of `places` at least one of `count` is found, when each goes to any of them: how many
 * gateways have viewers of a video.
 */
export function placesTaken(count: number, places: number): number {
  return places * (1 - (1 - 1 / places) ** count);
}

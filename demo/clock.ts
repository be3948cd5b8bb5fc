/** One clock for page and stack, where both are on the same machine. */

/**
 * The time of day in milliseconds since 1970, with a fraction: the fine clock, which begins when
 * the process does and may drift off, is held to the coarse one, which all processes share.
 */
export function sharedNow(): number {
  const coarse = Date.now();
  const fine = performance.timeOrigin + performance.now();
  return Math.min(coarse + 1, Math.max(coarse, fine));
}

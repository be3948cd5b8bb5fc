/** One clock for page and stack on the same machine. */

/**
 * The time in milliseconds since 1970, with a fraction. The process's own high-resolution clock may
 * drift, so it is kept in step with the coarse system clock, which all processes share.
 */
export function sharedNow(): number {
  const coarse = Date.now();
  const fine = performance.timeOrigin + performance.now();
  return Math.min(coarse + 1, Math.max(coarse, fine));
}

/** Searches the highest rate that a system carries. */

/** The result is at most this factor below a rate that was missed. */
const PRECISION = 1.12;

export interface Bounds {
  /** Where the search begins; it only saves time. */
  readonly from: number;
  /** Below this rate nothing is tried. */
  readonly least: number;
  readonly most: number;
}

/**
 * Doubles or halves the rate until one is carried and a higher one is missed, then narrows that
 * down. A rate is missed when it is missed twice, since a moment's noise on the machine misses one.
 * @returns the highest rate that was carried; 0 if none was
 */
export async function highestRate(
  { from, least, most }: Bounds,
  isCarried: (rate: number) => Promise<boolean>,
): Promise<number> {
  const carries = async (rate: number) => (await isCarried(rate)) || (await isCarried(rate));
  let carried = 0;
  let missed = Number.POSITIVE_INFINITY;
  for (let rate = Math.min(from, most); carried === 0 || missed === Number.POSITIVE_INFINITY; ) {
    if (await carries(rate)) carried = rate;
    else missed = rate;
    if (carried === most || (carried === 0 && missed <= least)) return carried;
    rate = carried === 0 ? Math.max(least, missed / 2) : Math.min(most, carried * 2);
  }
  while (missed / carried > PRECISION) {
    const rate = nice(Math.sqrt(missed * carried));
    if (await carries(rate)) carried = rate;
    else missed = rate;
  }
  return carried;
}

/** With two significant digits. */
function nice(rate: number): number {
  const unit = 10 ** (Math.floor(Math.log10(rate)) - 1);
  return Math.round(rate / unit) * unit;
}

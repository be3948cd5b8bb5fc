/** Many pieces of work, so that the event loop does not have all of them at once. */
import { setImmediate as nextTurn } from "node:timers/promises";

/**
 * Calls `work` for every item, in slices of so many, between which the event loop does what else
 * there is to do. Rejects with the first failure.
 */
export async function forEachInSlices<T>(
  items: Iterable<T>,
  slice: number,
  work: (item: T) => void,
): Promise<void> {
  let left = slice;
  for (const item of items) {
    work(item);
    left -= 1;
    if (left > 0) continue;
    left = slice;
    await nextTurn();
  }
}

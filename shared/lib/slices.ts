/** Splits a lot of work into slices, so that it doesn't block the event loop. */
import { setImmediate as nextTurn } from "node:timers/promises";

/**
 * Calls `work` for every item, in slices of `slice` items; the event loop runs other work between
 * two slices. Rejects with the first failure.
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

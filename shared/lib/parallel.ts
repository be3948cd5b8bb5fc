/** Many pieces of work, so that neither memory nor the event loop has all of them at once. */
import { setImmediate as nextTurn } from "node:timers/promises";

/**
 * Calls `work` for every item, at most `limit` at a time. Rejects with the first failure, after
 * which nothing new is begun.
 */
export async function forEachLimited<T>(
  items: Iterable<T>,
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.iterator]();
  let failed = false;
  const lane = async () => {
    for (let next = iterator.next(); !next.done && !failed; next = iterator.next()) {
      try {
        await work(next.value);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: limit }, lane));
}

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

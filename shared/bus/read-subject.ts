/**
 * Reads a subject's stored messages one by one, several at a time: a consumer would need rights that
 * reach further.
 */
import pMap from "p-map";
import type { StoredMessage } from "./stored-message.ts";

/** Most videos have few messages: so many are read in a row before the rest is divided. */
const IN_A_ROW = 16;
const PARTS = 16;

interface Source {
  /** The newest message. */
  last(): Promise<StoredMessage | undefined>;
  /** The first message at or after a sequence. */
  next(sequence: number): Promise<StoredMessage | undefined>;
}

/**
 * All messages up to the one that is the newest now, oldest first.
 * @param since only those stored at or after it, in milliseconds since 1970
 */
export async function readSubject(source: Source, since?: number): Promise<StoredMessage[]> {
  const newest = await source.last();
  if (newest === undefined) return [];
  const end = newest.sequence;
  const start = since === undefined ? 1 : await firstSince(source, since, end);
  const head = await walk(source, start, end, IN_A_ROW);
  const next = (head.at(-1)?.sequence ?? end) + 1;
  if (head.length < IN_A_ROW || next > end) return head;
  const size = Math.ceil((end + 1 - next) / PARTS);
  const starts = Array.from({ length: PARTS }, (_, part) => next + part * size);
  const parts = await pMap(starts, (from) =>
    walk(source, from, Math.min(from + size - 1, end), Number.POSITIVE_INFINITY),
  );
  return [...head, ...parts.flat()];
}

/** The messages from `start` to `end`, at most `limit`. */
async function walk(
  source: Source,
  start: number,
  end: number,
  limit: number,
): Promise<StoredMessage[]> {
  const messages: StoredMessage[] = [];
  for (let from = start; from <= end && messages.length < limit; ) {
    const message = await source.next(from);
    if (message === undefined || message.sequence > end) break;
    messages.push(message);
    from = message.sequence + 1;
  }
  return messages;
}

/** The sequence at which messages stored at or after `since` begin, found by halving. */
async function firstSince(source: Source, since: number, end: number): Promise<number> {
  let [low, high] = [1, end];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const message = await source.next(middle);
    if (message === undefined || message.storedAt >= since) high = middle;
    else low = message.sequence + 1;
  }
  return low;
}

/**
 * Events that a dispatcher's message only counts, because there were more than it shows: by kind and
 * variant, with what tells repeats of those whose publishers gave them ids. In msgpack:
 * `[[kind, variant or nil, count, [repeat key, …]], …]`
 */

export interface CountedEvents {
  readonly kind: string;
  /** Undefined for events without one. */
  readonly variant: string | undefined;
  /** All of them, with a repeat key or without. */
  readonly count: number;
  readonly repeatKeys: readonly string[];
}

type Entry = [kind: string, variant: string | null, count: number, repeatKeys: readonly string[]];

export function countedEntries(counted: readonly CountedEvents[]): Entry[] {
  return counted.map(({ kind, variant, count, repeatKeys }) => [
    kind,
    variant ?? null,
    count,
    repeatKeys,
  ]);
}

/** Decoded entries; those that aren't ours are left out. */
export function parseCountedEntries(entries: readonly unknown[]): CountedEvents[] {
  return entries.map(parseEntry).filter((entry) => entry !== undefined);
}

function parseEntry(entry: unknown): CountedEvents | undefined {
  if (!Array.isArray(entry)) return undefined;
  const [kind, variant, count, keys]: unknown[] = entry;
  if (typeof kind !== "string" || typeof count !== "number" || !Array.isArray(keys)) {
    return undefined;
  }
  if (!Number.isSafeInteger(count) || count < keys.length) return undefined;
  const repeatKeys = keys.filter((key) => typeof key === "string");
  return { kind, variant: typeof variant === "string" ? variant : undefined, count, repeatKeys };
}

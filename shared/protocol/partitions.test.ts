import { expect, test } from "vitest";
import { newNodeId } from "./names.ts";
import { DEFAULT_PARTITIONS, ownersOf, partitionOf } from "./partitions.ts";

test.each([
  // Of FNV-1a's authors: hashes of "", "a" and "foobar".
  ["", 0x811c9dc5],
  ["a", 0xe40c292c],
  ["foobar", 0xbf9cf968],
])("the partition of %j follows from FNV-1a", (name, hash) => {
  expect(partitionOf(name, 1_024)).toBe(hash % 1_024);
  expect(partitionOf(name, 1)).toBe(0);
});

/** How many partitions each of them owns. */
function load(dispatchers: readonly string[]): Map<string, number> {
  const counts = new Map(dispatchers.map((id) => [id, 0]));
  for (let partition = 0; partition < DEFAULT_PARTITIONS; partition += 1) {
    for (const owner of ownersOf(partition, dispatchers)) {
      counts.set(owner, (counts.get(owner) ?? 0) + 1);
    }
  }
  return counts;
}

test.each([1, 2])("each of %d dispatchers owns every partition", (count) => {
  const dispatchers = Array.from({ length: count }, newNodeId);
  expect([...load(dispatchers).values()]).toEqual(dispatchers.map(() => DEFAULT_PARTITIONS));
});

test("of more dispatchers two own each partition, whatever their order, and each owns a fair part", () => {
  // Fixed: for all ids there are, the part of one may be small.
  const dispatchers = Array.from({ length: 8 }, (_, index) => `dispatcher${index}`);
  for (let partition = 0; partition < DEFAULT_PARTITIONS; partition += 1) {
    const owners = ownersOf(partition, dispatchers);
    expect(new Set(owners).size).toBe(2);
    expect(ownersOf(partition, dispatchers.toReversed())).toEqual(owners);
  }
  for (const owned of load(dispatchers).values()) {
    expect(owned).toBeGreaterThan(DEFAULT_PARTITIONS / 16);
    expect(owned).toBeLessThan(DEFAULT_PARTITIONS / 2);
  }
});

test("when a dispatcher goes, only its partitions move, and the other owner of each stays", () => {
  const dispatchers = Array.from({ length: 8 }, newNodeId);
  const [gone = "", ...rest] = dispatchers;
  for (let partition = 0; partition < DEFAULT_PARTITIONS; partition += 1) {
    const before = ownersOf(partition, dispatchers);
    const after = ownersOf(partition, rest);
    const stayed = before.filter((owner) => owner !== gone);
    expect(after).toEqual(expect.arrayContaining([...stayed]));
  }
});

import { expect, test } from "vitest";
import { BoundedMap } from "./bounded-map.ts";

function mapOf(limit: number, isIdle: (value: number) => boolean) {
  const stats = { forgotten: 0 };
  return { map: new BoundedMap<number>(limit, isIdle, stats), stats };
}

test("never holds more than its limit, however many are added", () => {
  const { map, stats } = mapOf(100, () => false);
  for (let n = 0; n < 10_000; n += 1) map.add(`client-${n}`, n);
  expect(map.size).toBe(100);
  expect(stats.forgotten).toBe(9_900);
});

test("evicts idle values first", () => {
  const { map, stats } = mapOf(10, (value) => value === 7);
  for (let n = 0; n < 10; n += 1) map.add(`client-${n}`, n);
  map.add("new", 10);
  expect(map.get("client-7")).toBeUndefined();
  for (const n of [0, 1, 2, 3, 4, 5, 6, 8, 9]) expect(map.get(`client-${n}`)).toBe(n);
  expect(map.get("new")).toBe(10);
  expect(stats.forgotten).toBe(0);
});

test("finds idle values among many, a few checks at a time", () => {
  const { map, stats } = mapOf(1_000, (value) => value === 1);
  for (let n = 0; n < 1_000; n += 1) map.add(`client-${n}`, n < 500 ? 0 : 1);
  for (let n = 0; n < 500; n += 1) map.add(`new-${n}`, 0);
  expect(map.size).toBe(1_000);
  expect(stats.forgotten).toBeLessThan(50);
});

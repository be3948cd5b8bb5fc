import fc from "fast-check";
import { expect, test } from "vitest";
import { highestRate } from "./search.ts";

const BOUNDS = { least: 5, most: 50_000 };

test("the rate that is found is carried, and one a little higher is not", async () => {
  const property = fc.asyncProperty(
    fc.integer({ min: 5, max: 40_000 }),
    fc.constantFrom(50, 500, 8_000),
    async (limit, from) => {
      const found = await highestRate({ ...BOUNDS, from }, (rate) =>
        Promise.resolve(rate <= limit),
      );
      expect(found).toBeLessThanOrEqual(limit);
      expect(found).toBeGreaterThan(limit / 1.3);
    },
  );
  await fc.assert(property);
});

test("a rate that is missed once by chance is tried again", async () => {
  const tried = new Map<number, number>();
  const found = await highestRate({ ...BOUNDS, from: 100 }, (rate) => {
    tried.set(rate, (tried.get(rate) ?? 0) + 1);
    return Promise.resolve(rate <= 1_000 && tried.get(rate) === 2);
  });
  expect(found).toBeGreaterThan(850);
});

test("nothing is found where nothing is carried, and no more than the most", async () => {
  expect(await highestRate({ ...BOUNDS, from: 100 }, () => Promise.resolve(false))).toBe(0);
  expect(await highestRate({ ...BOUNDS, from: 100 }, () => Promise.resolve(true))).toBe(50_000);
});

import { describe, expect, test } from "vitest";
import { forEachInSlices } from "./slices.ts";

describe("work in slices", () => {
  test("is done in order, and other work runs after each slice", async () => {
    const seen: (number | string)[] = [];
    const other = () => {
      seen.push("other");
      if (seen.length < 7) setImmediate(other);
    };
    setImmediate(other);
    await forEachInSlices([1, 2, 3, 4, 5], 2, (item) => seen.push(item));
    expect(seen).toEqual([1, 2, "other", 3, 4, "other", 5]);
  });

  test("stops at the first failure", async () => {
    const seen: number[] = [];
    const work = (item: number) => {
      if (item === 3) throw new Error("three");
      seen.push(item);
    };
    await expect(forEachInSlices([1, 2, 3, 4], 1, work)).rejects.toThrow("three");
    expect(seen).toEqual([1, 2]);
  });
});

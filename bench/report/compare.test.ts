import { expect, test } from "vitest";
import { compare, differs } from "./compare.ts";
import type { Figure, ResultFile } from "./result.ts";

function fileOf(name: string, better: Figure["better"], values: readonly number[]): ResultFile {
  return {
    format: 1,
    machine: {},
    build: {},
    command: [],
    runs: values.map((value) => ({
      scenario: "likes",
      question: "",
      startedAt: "",
      loads: [],
      remarks: [],
      figures: [{ name, unit: "ms", value, better }],
    })),
  };
}

function verdict(better: Figure["better"], before: readonly number[], after: readonly number[]) {
  return compare(fileOf("x", better, before), fileOf("x", better, after))[0]?.verdict;
}

test("a difference counts when it is beyond the spread of both sides", () => {
  expect(differs([10, 11, 12], [10.5, 11.5, 12.5])).toBe(false);
  expect(differs([10, 11, 12], [20, 21, 22])).toBe(true);
  // The same means, with a spread that explains them.
  expect(differs([10, 11, 12], [5, 21, 37])).toBe(false);
  expect(differs([5, 5], [5, 5])).toBe(false);
  expect(differs([5, 5], [6, 6])).toBe(true);
});

test("the verdict depends on which direction is better", () => {
  expect(verdict("lower", [10, 11, 12], [20, 21, 22])).toBe("worse");
  expect(verdict("higher", [10, 11, 12], [20, 21, 22])).toBe("better");
  expect(verdict("neither", [10, 11, 12], [20, 21, 22])).toBe("changed");
  expect(verdict("lower", [10, 11, 12], [11, 12, 13])).toBe("within noise");
  expect(verdict("lower", [10, 10], [10, 10])).toBe("same");
});

test("a single run is not judged, but a single loss is", () => {
  expect(verdict("lower", [10], [20])).toBe("not judged");
  expect(verdict("exact", [0], [1])).toBe("worse");
  expect(verdict("exact", [3], [0])).toBe("better");
});

test("only figures that both results have are compared", () => {
  expect(compare(fileOf("x", "lower", [1]), fileOf("y", "lower", [1]))).toEqual([]);
});

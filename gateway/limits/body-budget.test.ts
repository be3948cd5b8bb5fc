import { expect, test } from "vitest";
import { BodyBudget } from "./body-budget.ts";

test("bodies share one budget, and give back what they took when they end", () => {
  const budget = new BodyBudget(100);
  const [one, other] = [budget.open(), budget.open()];
  expect(one.take(60)).toBe(true);
  expect(other.take(40)).toBe(true);
  expect(budget.bytes).toBe(100);
  expect(other.take(1)).toBe(false);
  expect(budget.refused).toBe(1);
  expect(budget.bytes).toBe(60);
  // It was refused: the rest of it gets no room, and is not counted again.
  expect(other.take(1)).toBe(false);
  one.end();
  one.end();
  other.end();
  expect(budget.bytes).toBe(0);
  expect(one.take(1)).toBe(false);
  expect(budget.open().take(100)).toBe(true);
});

import { expect, test } from "vitest";
import { BodyBudget } from "./body-budget.ts";
import { addressKey } from "./client-key.ts";

const ADDRESS = addressKey("192.0.2.1");

test("bodies share one budget, and give back what they took when they end", () => {
  const budget = new BodyBudget(100);
  const [one, other] = [budget.open(ADDRESS), budget.open(ADDRESS)];
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
  expect(budget.open(ADDRESS).take(100)).toBe(true);
});

test("the bodies of one address leave room for others", () => {
  const budget = new BodyBudget(100, 25);
  const rooms = Array.from({ length: 10 }, () => budget.open(ADDRESS));
  expect(rooms.filter((room) => room.take(10))).toHaveLength(2);
  const other = budget.open(addressKey("192.0.2.2"));
  expect(other.take(25)).toBe(true);
  for (const room of rooms) room.end();
  expect(budget.bytes).toBe(25);
  expect(budget.open(ADDRESS).take(25)).toBe(true);
});

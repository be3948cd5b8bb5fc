/** The choices of a poll, as they are typed. */
import { expect, test } from "vitest";
import { choicesIn, choicesProblem } from "./choices.ts";

test("each line that isn't empty is a choice", () => {
  expect(choicesIn(" Slow \n\nLoud\n  \n")).toEqual(["Slow", "Loud"]);
});

test.each([
  [["a", "b"], undefined],
  [["a"], /two choices/],
  [Array.from({ length: 17 }, (_, at) => String(at)), /16 choices at most: these are 17/],
  [["a", "x".repeat(101)], /more than 100/],
  [["a", "b", "a"], /“a” is there twice/],
])("%j", (choices, problem) => {
  if (problem === undefined) expect(choicesProblem(choices)).toBeUndefined();
  else expect(choicesProblem(choices)).toMatch(problem);
});

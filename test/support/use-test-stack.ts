/** A stack for the tests of a file, or of the surrounding `describe`. */
import { afterAll, beforeAll } from "vitest";
import { type StackOptions, TestStack } from "./stack.ts";

/** Starts a stack before the tests, and stops it after them; returns a getter for it. */
export function useTestStack(options: StackOptions = {}): () => TestStack {
  let stack: TestStack | undefined;
  beforeAll(async () => {
    stack = await TestStack.start(options);
  });
  afterAll(async () => await stack?.stop());
  return () => {
    if (stack === undefined) throw new Error("the stack is not running");
    return stack;
  };
}

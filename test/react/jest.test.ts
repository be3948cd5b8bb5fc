/** The packed client in a project that tests with Jest, which loads CommonJS. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { Project } from "../support/project.ts";
import { TestStack } from "../support/stack.ts";

let stack: TestStack;

beforeAll(async () => {
  stack = await TestStack.start();
});
afterAll(async () => {
  await stack?.stop();
});

test("Jest runs tests that use the client and its hooks", async () => {
  const OVATION_GATEWAY = `http://127.0.0.1:${stack.gateway.port}`;
  const project = new Project("test/react/jest", { OVATION_GATEWAY });
  await project.install();
  const { code, output } = await project.run("npm", ["test"]);
  expect(code, output).toBe(0);
  expect(output).toMatch(/Tests: +2 passed, 2 total/);
});

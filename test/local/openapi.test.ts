/** The OpenAPI document that a gateway serves describes what it does. */
import { Validator } from "@seriousme/openapi-schema-validator";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ask } from "../support/raw.ts";
import { TestStack } from "../support/stack.ts";

let stack: TestStack;
let document: { readonly paths: Readonly<Record<string, object>> };
beforeAll(async () => {
  stack = await TestStack.start();
  const response = await fetch(`http://127.0.0.1:${stack.gateway.port}/v1/openapi.json`);
  expect(response.headers.get("content-type")).toBe("application/json");
  document = (await response.json()) as typeof document;
});
afterAll(async () => {
  await stack?.stop();
});

test("it is valid OpenAPI 3.1", async () => {
  const validator = new Validator();
  expect(await validator.validate({ ...document })).toEqual({ valid: true });
  expect(validator.version).toBe("3.1");
});

test("it has every method of every path, and no other", async () => {
  const { port } = stack.gateway;
  for (const [template, item] of Object.entries(document.paths)) {
    const path = template.replace("{video}", "launch").replaceAll(/{\w+}/g, "x");
    const { headers } = await ask(port, { method: "BREW", path });
    const allowed = (headers.allow ?? "").split(", ").filter((one) => one !== "HEAD");
    const described = Object.keys(item).filter((key) => key !== "parameters");
    expect([path, described.map((one) => one.toUpperCase()).toSorted()]).toEqual([
      path,
      allowed.toSorted(),
    ]);
  }
});

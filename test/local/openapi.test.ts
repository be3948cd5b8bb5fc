/** The OpenAPI document that a gateway serves describes what it does. */
import { Validator } from "@seriousme/openapi-schema-validator";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type DescribedOperation,
  type MadeUpRequest,
  type Parameter,
  RequestMaker,
  type Schema,
} from "../support/made-up-requests.ts";
import { DescribedApi } from "../support/openapi.ts";
import { Chance } from "../support/random.ts";
import { ask } from "../support/raw.ts";
import { TestStack } from "../support/stack.ts";

let stack: TestStack;
let document: {
  readonly paths: Readonly<Record<string, object>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
};
beforeAll(async () => {
  // One client sends everything here.
  const rates = { httpRequestsPerSecond: 1_000_000, commandsPerSecond: 1_000_000 };
  stack = await TestStack.start({ gateway: rates });
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

/** For each operation. */
const MADE_UP = 8;
const NAMES = { video: ["a", "b", "c"], id: ["e1", "e2"], poll: ["p1"], actor: ["anna", "b/ö"] };

/** One of each operation after the other, so that they meet what others have left. */
function madeUp(seed: number): MadeUpRequest[] {
  const maker = new RequestMaker(document.components.schemas, NAMES);
  const all = Object.entries(document.paths).flatMap(([template, item]) => {
    const { parameters: shared, ...methods } = item as { readonly parameters?: Parameter[] };
    const operations = Object.entries(methods as Record<string, DescribedOperation>);
    return operations.flatMap(([method, operation]) => {
      // An event stream doesn't end. `npm run test:openapi` makes up more requests.
      if (operation.operationId === "streamEvents") return [];
      const requests = maker.requests(method.toUpperCase(), template, operation, shared);
      return [fc.sample(requests, { numRuns: MADE_UP, seed })];
    });
  });
  return Array.from({ length: MADE_UP }, (_, round) =>
    all.flatMap((own) => own[round] ?? []),
  ).flat();
}

test("what it describes and what it doesn't is answered as described, and never by a fault", async () => {
  const { port } = stack.gateway;
  const api = new DescribedApi(document as unknown as Record<string, unknown>);
  const requests = madeUp(new Chance("made-up requests").seed);
  expect(requests.length).toBeGreaterThan(200);
  const statuses = new Set<number>();
  for (const { method, path, body } of requests) {
    const sent = { body: body ?? "", headers: { "content-type": "application/json" } };
    const init = body === undefined ? { method } : { method, ...sent };
    const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
    const fault = await api.faultOf(method, path, response);
    const isFault = fault !== undefined || response.status >= 500;
    expect(isFault, `${method} ${path} ${body ?? ""}: ${response.status} ${fault}`).toBe(false);
    statuses.add(response.status);
  }
  // It met what there is, too.
  for (const status of [200, 400, 404]) expect(statuses).toContain(status);
});

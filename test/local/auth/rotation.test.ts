/** Secrets are replaced one after the other, while clients hold the old ones: nobody is refused. */
import { createHash } from "node:crypto";
import { renameSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { metric, TestStack } from "../../support/stack.ts";
import { fileWith, SECRET, tokenOf, VIEWER } from "../../support/tokens.ts";
import { post } from "../../support/viewer.ts";

const NEXT_SECRET = "the next secret, which is long enough as well";
const keyNamed = (name: string) => `${name}-key-of-a-backend-with-enough-characters`;
const entryOf = (name: string) => ({
  name,
  sha256: createHash("sha256").update(keyNamed(name)).digest("hex"),
});

let stack: TestStack;
let file: string;
beforeAll(async () => {
  file = fileWith(JSON.stringify([entryOf("old")]));
  const auth = { authSecret: SECRET, authApiKeysFile: file };
  stack = await TestStack.start({ gateway: { open: false, ...auth } });
});
afterAll(() => stack?.stop());

async function statusWith(token: string): Promise<number> {
  return (await post(stack.gateway.port, "any", { kind: "like" }, token)).status;
}

/** As editors and Kubernetes do it. */
function replace(text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

test("API keys are read again when their file changes: a new one counts, a removed one does not", async () => {
  expect(await statusWith(keyNamed("old"))).toBe(200);
  expect(await statusWith(keyNamed("new"))).toBe(401);
  replace(JSON.stringify([entryOf("old"), entryOf("new")]));
  await eventually(async () => (await statusWith(keyNamed("new"))) === 200);
  expect(await statusWith(keyNamed("old"))).toBe(200);

  replace("[{");
  await eventually(
    async () => (await metric(stack.gateway, "ovation_gateway_api_keys_failures_total")) > 0,
  );
  expect(await statusWith(keyNamed("new"))).toBe(200);

  replace(JSON.stringify([entryOf("new")]));
  await eventually(async () => (await statusWith(keyNamed("old"))) === 401);
  expect(await statusWith(keyNamed("new"))).toBe(200);
});

test("with a second secret, tokens of both are accepted", async () => {
  const claims = { ...VIEWER, publish: ["like"] };
  const [old, next] = await Promise.all(
    [SECRET, NEXT_SECRET].map((key) => tokenOf(claims, { key: Buffer.from(key) })),
  );
  const gateway = await stack.addGateway({ authSecondSecret: NEXT_SECRET });
  for (const token of [old, next]) {
    expect((await post(gateway.port, "launch", { kind: "like" }, token)).status).toBe(200);
  }
  expect((await post(stack.gateway.port, "launch", { kind: "like" }, next)).status).toBe(401);
});

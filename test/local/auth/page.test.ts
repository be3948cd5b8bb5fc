/** The example in docs/authentication.md makes tokens that a gateway accepts. */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { SECRET } from "../../support/tokens.ts";
import { useTestStack } from "../../support/use-test-stack.ts";
import { post, TestEventStream } from "../../support/viewer.ts";

const ROOT = join(import.meta.dirname, "../../..");
const stack = useTestStack({ gateway: { open: false, authSecret: SECRET } });

test("a token of the page's example is accepted", async () => {
  const page = readFileSync(join(ROOT, "docs/authentication.md"), "utf8");
  const [, example = ""] = /```ts\n(.*?)```/s.exec(page) ?? [];
  const folder = join(ROOT, ".cache");
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "authentication-example.ts");
  writeFileSync(file, example);
  process.env["OVATION_AUTH_SECRET"] = SECRET;
  const { tokenOf } = (await import(file)) as { tokenOf(user: string): Promise<string> };
  delete process.env["OVATION_AUTH_SECRET"];
  const token = await tokenOf("anna");
  const { port } = stack().gateway;
  const stream = await TestEventStream.open(port, "team-red", { token });
  const comment = { kind: "comment", id: "c1" };
  expect((await post(port, "team-red", comment, token)).status).toBe(200);
  await stream.until(() => stream.of("team-red", "comment").some(({ actor }) => actor === "anna"));
  expect((await post(port, "other", comment, token)).status).toBe(403);
  stream.close();
});

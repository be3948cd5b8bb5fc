/** AsyncAPI's own parser reads the description of the WebSocket and of NATS. */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, expect, test } from "vitest";

/** Heavy, so it is installed for this test only. */
const PARSER = "@asyncapi/parser@3.6.6";
const ROOT = join(import.meta.dirname, "../..");
const FOLDER = join(ROOT, ".cache/asyncapi");

beforeAll(async () => {
  if (existsSync(join(FOLDER, "node_modules/@asyncapi/parser"))) return;
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, "package.json"), '{ "private": true }');
  const args = ["install", "--ignore-scripts", "--no-audit", "--no-fund", PARSER];
  await promisify(execFile)("npm", args, { cwd: FOLDER });
});

test("docs/asyncapi.yaml has no fault", async () => {
  const { Parser } = createRequire(join(FOLDER, "package.json"))("@asyncapi/parser");
  const text = readFileSync(join(ROOT, "docs/asyncapi.yaml"), "utf8");
  const { document, diagnostics } = await new Parser().parse(text);
  expect(diagnostics).toEqual([]);
  expect(document.version()).toMatch(/^3\./);
});

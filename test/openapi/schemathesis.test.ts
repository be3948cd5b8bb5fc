/**
 * Schemathesis makes up requests from the OpenAPI document, right and wrong ones, and holds every
 * answer against it: no fault of the server, no status and no content that is not described.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TestStack } from "../support/stack.ts";

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, "../..");
const FOLDER = join(ROOT, ".cache/schemathesis");
const CHECKS = [
  "not_a_server_error",
  "status_code_conformance",
  "content_type_conformance",
  "response_schema_conformance",
  "allow_header_conformance",
  "unsupported_method",
];
/** Made-up requests for each operation. */
const EXAMPLES = 50;

let stack: TestStack;
beforeAll(async () => {
  if (!existsSync(join(FOLDER, "bin/schemathesis"))) {
    await run("python3", ["-m", "venv", FOLDER]);
    const requirements = join(import.meta.dirname, "requirements.txt");
    await run(join(FOLDER, "bin/pip"), ["install", "-q", "-r", requirements]);
  }
  // One client sends everything here.
  const rates = { httpRequestsPerSecond: 1_000_000, commandsPerSecond: 1_000_000 };
  stack = await TestStack.start({ gateway: rates });
});
afterAll(async () => {
  await stack?.stop();
});

test("every answer is as described", async () => {
  const document = `http://127.0.0.1:${stack.gateway.port}/v1/openapi.json`;
  const flags = ["--max-examples", String(EXAMPLES), "--checks", CHECKS.join(",")];
  // An event stream doesn't end.
  const streams = ["--exclude-operation-id", "streamEvents"];
  const args = ["run", document, ...flags, ...streams, "--generation-database", "none"];
  const { code, output } = await outcomeOf(join(FOLDER, "bin/schemathesis"), args);
  if (code !== 0) throw new Error(output);
  expect(output).toMatch(/(\d+) generated, \1 passed/);
});

async function outcomeOf(command: string, args: readonly string[]) {
  try {
    const { stdout } = await run(command, args, { cwd: FOLDER, maxBuffer: 2 ** 26 });
    return { code: 0, output: stdout };
  } catch (error) {
    const { code, stdout } = error as { readonly code: number; readonly stdout: string };
    return { code, output: stdout };
  }
}

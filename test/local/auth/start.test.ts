/** Which authentication settings a gateway starts with. */

import { spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { configFor } from "../../../shared/config/load.ts";
import { bundled } from "../../support/bundle.ts";
import { TestStack } from "../../support/stack.ts";
import { ecKeys, fileWith, SECRET } from "../../support/tokens.ts";

function start(flags: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [bundled("gateway/main.ts"), ...flags],
    {
      env: { PATH: process.env["PATH"] ?? "", ...env },
      encoding: "utf8",
      timeout: 120_000,
    },
  );
  return { status, output: stdout + stderr };
}

describe("a gateway does not start", () => {
  test("without a key and without --open, and names what is missing", () => {
    const { status, output } = start([]);
    expect(status).toBe(2);
    for (const name of ["--auth-secret", "--auth-public-key-files", "--auth-jwks-url", "--open"]) {
      expect(output).toContain(name);
    }
  });

  test("with a secret that is too short, which it does not repeat", () => {
    const { status, output } = start([], { OVATION_AUTH_SECRET: "too-short-secret" });
    expect(status).toBe(2);
    expect(output).toContain("OVATION_AUTH_SECRET must be at least 32 bytes");
    expect(output).not.toContain("too-short-secret");
  });
});

describe("key files", () => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await TestStack.start({ gateways: 0, dispatchers: 0 });
  });
  afterAll(() => stack?.stop());
  const none = configFor("gateway");

  const weak = generateKeyPairSync("rsa", { modulusLength: 1_024 }).publicKey;
  const own = ecKeys();
  test.each([
    ["that is missing", () => "/nowhere/key.pem", "ENOENT"],
    ["that holds no key", () => fileWith("rubbish"), "--auth-public-key-files"],
    [
      "that holds a private key",
      () => fileWith(own.privateKey.export({ type: "pkcs8", format: "pem" }).toString()),
      "private key",
    ],
    [
      "whose key is too short",
      () => fileWith(weak.export({ type: "spki", format: "pem" }).toString()),
      "2048 bits",
    ],
  ])("one %s is named", async (_name, file, text) => {
    const settings = { ...none, authPublicKeyFiles: [file()] };
    const { open, authPublicKeyFiles } = settings;
    await expect(stack.addGateway({ open, authPublicKeyFiles })).rejects.toThrow(text);
  });

  test.each([
    ["invalid JSON", "{"],
    ["an unknown field", '[{"name":"a","sha256":"","secret":"x"}]'],
    ["a key instead of its hash", `[{"name":"a","sha256":"${SECRET}"}]`],
  ])("API keys with %s are refused, and not repeated", async (_name, text) => {
    const starting = stack.addGateway({ open: false, authApiKeysFile: fileWith(text) });
    const error = await starting.then(
      () => undefined,
      (fault: unknown) => String(fault),
    );
    expect(error).toContain("--auth-api-keys-file");
    expect(error).not.toContain(SECRET);
  });
});

import { describe, expect, test } from "vitest";
import { authFaults } from "./auth-settings.ts";

/** Settings of tokens as they are when nothing is said. */
const NONE = {
  open: false,
  authSecret: undefined,
  authPublicKeyFiles: [],
  authJwksUrl: undefined,
  authApiKeysFile: undefined,
  authAlgorithms: [],
};
const secret = { authSecret: "s".repeat(32) };
const files = { authPublicKeyFiles: ["key.pem"] };

describe("settings of tokens that contradict each other are refused by name", () => {
  test.each([
    [{}, ["one of --auth-secret", "or --open"]],
    [{ open: true, ...secret }, ["--open looks at no token", "--auth-secret"]],
    [{ open: true, authApiKeysFile: "keys.json" }, ["--open", "--auth-api-keys-file"]],
    [{ ...files, authAlgorithms: ["HS256", "RS256"] }, ["HS256, for which --auth-secret is due"]],
    [{ ...secret, authAlgorithms: ["HS256", "EdDSA"] }, ["EdDSA", "--auth-public-key-files"]],
    [{ ...secret, ...files, authAlgorithms: ["RS256"] }, ["--auth-secret is for HS256"]],
  ])("%j", (settings, texts) => {
    const faults = authFaults({ ...NONE, ...settings });
    expect(faults).toHaveLength(1);
    for (const text of texts) expect(faults[0]).toContain(text);
  });
});

describe("settings of tokens that go together are taken", () => {
  test.each([
    { open: true },
    secret,
    files,
    { ...secret, ...files },
    { authJwksUrl: "https://example.com/keys", authAlgorithms: ["ES256"] },
    { authApiKeysFile: "keys.json" },
  ])("%j", (settings) => expect(authFaults({ ...NONE, ...settings })).toEqual([]));
});

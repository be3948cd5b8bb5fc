import { describe, expect, test } from "vitest";
import { authFaults } from "./auth-settings.ts";

/** The token settings' defaults. */
const NONE = {
  open: false,
  authSecret: undefined,
  authSecondSecret: undefined,
  authPublicKeyFiles: [],
  authJwksUrl: undefined,
  authApiKeysFile: undefined,
  authAlgorithms: [],
};
const secret = { authSecret: "s".repeat(32) };
const files = { authPublicKeyFiles: ["key.pem"] };

describe("contradicting token settings are refused by name", () => {
  test.each([
    [{}, ["one of --auth-secret", "or --open"]],
    [{ open: true, ...secret }, ["--open checks no tokens", "--auth-secret"]],
    [{ open: true, authApiKeysFile: "keys.json" }, ["--open", "--auth-api-keys-file"]],
    [
      { ...files, authAlgorithms: ["HS256", "RS256"] },
      ["HS256, for which --auth-secret is required"],
    ],
    [{ ...secret, authAlgorithms: ["HS256", "EdDSA"] }, ["EdDSA", "--auth-public-key-files"]],
    [{ ...secret, ...files, authAlgorithms: ["RS256"] }, ["--auth-secret is for HS256"]],
    [
      { ...files, authSecondSecret: "s".repeat(32) },
      ["--auth-second-secret", "without --auth-secret"],
    ],
  ])("%j", (settings, texts) => {
    const faults = authFaults({ ...NONE, ...settings });
    expect(faults).toHaveLength(1);
    for (const text of texts) expect(faults[0]).toContain(text);
  });
});

describe("consistent token settings are accepted", () => {
  test.each([
    { open: true },
    secret,
    files,
    { ...secret, ...files },
    { authJwksUrl: "https://example.com/keys", authAlgorithms: ["ES256"] },
    { authApiKeysFile: "keys.json" },
  ])("%j", (settings) => expect(authFaults({ ...NONE, ...settings })).toEqual([]));
});

import { describe, expect, test } from "vitest";
import { ConfigError, loadConfig } from "./load.ts";
import { redactedConfig } from "./redact.ts";

function faultsOf(
  env: Readonly<Record<string, string>>,
  role: "gateway" | "dispatcher" = "gateway",
): readonly string[] {
  try {
    loadConfig(role, [], env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}

describe("settings that need another one", () => {
  test.each([
    ["OVATION_NATS_USER", "--nats-password or --nats-password-file"],
    ["OVATION_NATS_PASSWORD", "--nats-user"],
    ["OVATION_NATS_PASSWORD_FILE", "--nats-user"],
    ["OVATION_NATS_TLS_CERT_FILE", "--nats-tls-key-file"],
    ["OVATION_NATS_TLS_KEY_FILE", "--nats-tls-cert-file"],
    ["OVATION_TLS_CERT_FILE", "--tls-key-file"],
    ["OVATION_TLS_KEY_FILE", "--tls-cert-file"],
  ])("%s is refused without it, naming it", (name, missing) => {
    expect(faultsOf({ [name]: "hush" })).toContain(`${name} needs ${missing} as well`);
  });

  test.each(["OVATION_REVIEW_CA_FILE", "OVATION_REVIEW_SECRET_FILE"])(
    "%s is refused without a reviewer's URL",
    (name) => {
      expect(faultsOf({ [name]: "file" }, "dispatcher")).toEqual([
        `${name} needs --review-url as well`,
      ]);
    },
  );

  test("only one password, and only one login, may be given", () => {
    const user = { OVATION_NATS_USER: "anna", OVATION_NATS_PASSWORD: "hush" };
    expect(faultsOf({ ...user, OVATION_NATS_PASSWORD_FILE: "file" })).toContain(
      "OVATION_NATS_PASSWORD and OVATION_NATS_PASSWORD_FILE exclude each other: give one",
    );
    expect(faultsOf({ ...user, OVATION_NATS_CREDS_FILE: "file" })).toContain(
      "OVATION_NATS_USER and OVATION_NATS_CREDS_FILE exclude each other: give one",
    );
  });
});

test("no password is logged", () => {
  const env = { OVATION_NATS_USER: "anna", OVATION_NATS_PASSWORD: "hush" };
  const loaded = loadConfig("dispatcher", [], env);
  if (loaded.outcome !== "config") throw new Error("expected a configuration");
  expect(loaded.config.natsPassword).toBe("hush");
  expect(JSON.stringify(redactedConfig("dispatcher", loaded.config))).not.toContain("hush");
});

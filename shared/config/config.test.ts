import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Kind, KindTable } from "../protocol/kinds.ts";
import { configurationPage, helpText } from "./describe.ts";
import { configFor, loadConfig } from "./load.ts";
import { redactedConfig } from "./redact.ts";
import { ROLES, type Role, settingsOf } from "./roles.ts";
import { settingNames } from "./setting.ts";

type Env = Readonly<Record<string, string>>;

function configOf<R extends Role>(role: R, argv: readonly string[], env: Env = {}) {
  const open = role === "gateway" ? { OVATION_OPEN: "true" } : {};
  const loaded = loadConfig(role, argv, { ...open, ...env });
  if (loaded.outcome !== "config") throw new Error("expected a configuration, got help");
  return loaded.config;
}

test("a history may be kept forever, which is logged as it was given", () => {
  const config = configOf("dispatcher", ["--history-age-ms", "forever"]);
  expect(config.historyAgeMs).toBe(Number.POSITIVE_INFINITY);
  expect(redactedConfig("dispatcher", config)).toMatchObject({ historyAgeMs: "forever" });
  const never = () => configOf("dispatcher", ["--history-age-ms", "never"]);
  expect(never).toThrow(/must be forever, or integer from 60000 to \d+ \(ms\), but is "never"/);
});

describe("the base path", () => {
  test.each([
    ["/", ""],
    ["/live", "/live"],
    ["/live/", "/live"],
    ["/a/b.c/d_e-f~1", "/a/b.c/d_e-f~1"],
  ])("%s is accepted, without a trailing slash", (given, taken) => {
    expect(configOf("gateway", ["--base-path", given]).basePath).toBe(taken);
  });

  test.each([
    "live",
    "//",
    "/live//",
    "/../etc",
    "/.live",
    "/a b",
    "/:video",
    "/*",
    "/a?b",
    "/%61",
    "https://x/live",
  ])("%s is refused by name", (given) => {
    expect(() => configOf("gateway", ["--base-path", given])).toThrow(/base-path must be a path/);
  });
});

describe("defaults", () => {
  test("are enough for a role, but for whether it is open", () => {
    const gateway = configOf("gateway", []);
    expect(gateway).toMatchObject({
      port: 8080,
      opsPort: 9101,
      sharePort: false,
      logLevel: "info",
    });
    expect(gateway.natsUrl).toEqual(["nats://127.0.0.1:4222"]);
    expect(gateway.natsToken).toBeUndefined();
    expect(gateway.kinds).toEqual([
      { name: "like", deliveryClass: "transient" },
      { name: "comment", deliveryClass: "durable" },
      { name: "vote", deliveryClass: "vote" },
    ]);
    expect(configOf("dispatcher", []).opsPort).toBe(9102);
  });

  test.each(ROLES)("every default of a %s parses from its text", (role) => {
    for (const [key, setting] of Object.entries(settingsOf(role))) {
      if (setting.defaultText === undefined) continue;
      expect(setting.schema.parse(setting.defaultText), key).toEqual(setting.default);
    }
  });

  test("configFor gives a test the defaults and its overrides", () => {
    const config = configFor("gateway", { open: true, port: 0, logLevel: "silent" });
    expect(config).toEqual({ ...configOf("gateway", []), port: 0, logLevel: "silent" });
    expect(Object.isFrozen(config)).toBe(true);
  });
});

describe("where a value comes from", () => {
  test("a flag overrides the environment, which overrides the default", () => {
    const env = { OVATION_PORT: "81", OVATION_LINGER_MS: "7" };
    const config = configOf("gateway", ["--port", "82"], env);
    expect(config).toMatchObject({ port: 82, lingerMs: 7, frameEvents: 100 });
  });

  test("a flag is written with a space or an equals sign, and the last one counts", () => {
    expect(configOf("gateway", ["--port", "82", "--host=::1"])).toMatchObject({
      port: 82,
      host: "::1",
    });
    expect(configOf("gateway", ["--port=82", "--port=83"]).port).toBe(83);
  });

  test.each([
    [["--share-port"], true],
    [["--share-port=true"], true],
    [["--no-share-port"], false],
    [["--share-port=false"], false],
    [["--share-port", "--no-share-port"], false],
  ])("the switch %j is %s", (argv, expected) => {
    expect(configOf("gateway", argv, { OVATION_SHARE_PORT: String(!expected) }).sharePort).toBe(
      expected,
    );
  });

  test("an empty environment variable counts as unset", () => {
    expect(configOf("gateway", [], { OVATION_PORT: "", OVATION_UNHEARD_OF: "" }).port).toBe(8080);
  });

  test("lists are read entry by entry", () => {
    const config = configOf("dispatcher", ["--kinds=like:transient, gift:durable,score:latest"], {
      OVATION_NATS_URL: "nats://a:4222,tls://u:p@b",
    });
    expect(config.natsUrl).toEqual(["nats://a:4222", "tls://u:p@b"]);
    expect(config.kinds.map((kind) => kind.name)).toEqual(["like", "gift", "score"]);
  });

  test("the configuration is deeply frozen", () => {
    const config = configOf("gateway", []);
    for (const part of [config, config.kinds, config.kinds[0], config.natsUrl]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });
});

describe("help and documentation", () => {
  test.each(ROLES)(
    "the help of a %s describes every setting in full within 100 columns",
    (role) => {
      const text = helpText(role);
      const words = text.replaceAll(/\s+/g, " ");
      for (const [key, setting] of Object.entries(settingsOf(role))) {
        const { flag, env } = settingNames(key);
        const facts = [flag, env, setting.defaultText ?? "unset", setting.allowed];
        for (const fact of [...facts, setting.doc.replaceAll("`", "")])
          expect(words).toContain(fact);
      }
      for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
    },
  );

  test.each(["hooks", "kinds", "store", "ops"] as const)("the help of %s has examples", (role) => {
    expect(helpText(role)).toMatch(new RegExp(`^Examples:\\n  ovation ${role}`, "m"));
  });

  test.each(["--help", "-h"])("%s prints the help even when there are faults", (flag) => {
    const loaded = loadConfig("gateway", ["--port=x", flag], { OVATION_NOPE: "1" });
    expect(loaded).toEqual({ outcome: "help", text: helpText("gateway") });
  });

  test("docs/configuration.md is the generated page", () => {
    const page = new URL("../../docs/configuration.md", import.meta.url);
    expect(readFileSync(page, "utf8")).toBe(configurationPage());
  });

  test("a setting's name ends in its unit", () => {
    for (const [key, { allowed }] of Object.entries({
      ...settingsOf("gateway"),
      ...settingsOf("dispatcher"),
    })) {
      expect(key.endsWith("Ms"), key).toBe(allowed.endsWith("(ms)"));
      expect(key.endsWith("Bytes"), key).toBe(allowed.endsWith("(bytes)"));
    }
  });
});

describe("logging", () => {
  test("secrets, and users and passwords in URLs, are not in the loggable configuration", () => {
    const config = configOf("gateway", ["--nats-token", "hush"], {
      OVATION_NATS_URL: "nats://me:hu%40sh@a:4222,tls://hush@b,nats://c",
    });
    const loggable = redactedConfig("gateway", config);
    expect(loggable).toMatchObject({
      natsToken: "[redacted]",
      natsUrl: ["nats://a:4222", "tls://b", "nats://c"],
      port: 8080,
    });
    expect(JSON.stringify(loggable)).not.toMatch(/hush|hu%40sh|me:/);
  });

  test("an unset secret is left out", () => {
    expect(redactedConfig("dispatcher", configFor("dispatcher"))).not.toHaveProperty("natsToken");
  });
});

describe("the kinds of a deployment", () => {
  const gift: Kind = { name: "gift", deliveryClass: "durable" };

  test("are those configured and the built-in ones", () => {
    const table = new KindTable([gift]);
    expect(table.get("gift")).toEqual(gift);
    expect(table.get("viewers")).toEqual({ name: "viewers", deliveryClass: "latest" });
    expect(table.get("constructor")).toBeUndefined();
    expect(table.publishable).toEqual(["gift"]);
    expect([...table].map((kind) => kind.name)).toEqual(table.names());
  });
});

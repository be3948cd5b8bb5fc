import { describe, expect, test } from "vitest";
import { ConfigError, loadConfig } from "./load.ts";
import { ROLES, type Role } from "./roles.ts";

type Env = Readonly<Record<string, string>>;

function faultsOf(argv: readonly string[], env: Env = {}, role: Role = "gateway") {
  try {
    loadConfig(role, argv, role === "gateway" ? { OVATION_OPEN: "true", ...env } : env);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

describe("unknown names", () => {
  test.each([
    ["--prot", "did you mean --port?"],
    ["--frameEvents", "did you mean --frame-events?"],
    ["--lease", "did you mean --lease-ms?"],
    ["--no-shareport", "did you mean --no-share-port?"],
  ])("the flag %s is refused with a suggestion", (flag, hint) => {
    expect(faultsOf([flag, "1"])).toEqual([`${flag} is not a setting (${hint})`]);
  });

  test("a name similar to no other is refused without one", () => {
    expect(faultsOf(["--colour=red"])).toEqual(["--colour is not a setting"]);
    expect(faultsOf(["--__proto__=1", "-x"])).toEqual([
      "--__proto__ is not a setting",
      "-x is not a setting",
    ]);
  });

  test("an unknown variable is refused with a suggestion, and other programs' are ignored", () => {
    expect(faultsOf([], { OVATION_LINGER: "5", PORT: "x", HOME: "/" })).toEqual([
      "OVATION_LINGER is not a setting (did you mean OVATION_LINGER_MS?)",
    ]);
  });

  test("variables of the other role, of tests and of the local stack are ignored", () => {
    const env = { OVATION_PORT: "x", OVATION_TEST_NATS: "1", OVATION_LOCAL_GATEWAYS: "2" };
    expect(faultsOf([], env, "dispatcher")).toEqual([]);
  });

  test("a flag of the other role is refused as such", () => {
    expect(faultsOf(["--port", "1"], {}, "dispatcher")).toEqual([
      "--port is a setting of the gateway, not of the dispatcher",
    ]);
  });

  test("a stray argument is refused, with the way to write a switch", () => {
    expect(faultsOf(["stray", "--share-port", "false", "--", "x"])).toEqual([
      'argument "stray" belongs to no flag',
      'argument "false" belongs to no flag (a switch takes its value as --share-port=true or --share-port=false)',
      'argument "x" belongs to no flag',
    ]);
  });
});

describe("invalid values", () => {
  test("all faults are reported at once, each by the name that was given", () => {
    const argv = ["--port=70000", "--lease-ms", "soon", "--colour"];
    const env = {
      OVATION_OPEN: "true",
      OVATION_LOG_LEVEL: "loud",
      OVATION_LINGER_MS: "-1",
      OVATION_SHARE_PORT: "yes",
    };
    expect(() => loadConfig("gateway", argv, env)).toThrow(
      [
        "The configuration has 6 faults:",
        "--colour is not a setting",
        'OVATION_LOG_LEVEL must be one of fatal, error, warn, info, debug, trace, silent, but is "loud"',
        '--lease-ms must be an integer from 1000 to 300000 (ms), but is "soon"',
        '--port must be an integer from 0 to 65535, but is "70000"',
        'OVATION_SHARE_PORT must be true or false, but is "yes"',
        'OVATION_LINGER_MS must be an integer from 0 to 600000 (ms), but is "-1"',
      ].join("\n  - "),
    );
  });

  test.each(["", " 5", "5 ", "0x50", "8e1", "80.5", "Infinity"])(
    "%j is not an integer",
    (value) => {
      expect(faultsOf([`--port=${value}`])).toHaveLength(1);
    },
  );

  test.each([["--host"], ["--host", "--share-port"], ["--host="], ["--host= a"], ["--host=a\nb"]])(
    "text must be given, on one line: %j",
    (...argv) => {
      expect(faultsOf(argv)).toHaveLength(1);
    },
  );

  test.each(["http://reviewer.example/", "https://u:hush@h/", "ftp://h/", "hush"])(
    "reviewers are not asked at %s",
    (url) => {
      expect(() => loadConfig("dispatcher", [`--review-url=${url}`], {})).toThrow(
        "--review-url must be an https URL without user and password (http on this machine only)",
      );
    },
  );

  test("a URL is refused without echoing it, since it may hold a password", () => {
    const urls = [
      "nats://u:hush@h",
      "http://u:hush@h",
      "nats://u:hu/sh@h",
      "hush",
      "nats://h/hush",
    ];
    const faults = faultsOf(["--nats-url", urls.join(",")]);
    expect(faults).toEqual(
      [2, 3, 4, 5].map(
        (entry) =>
          `--nats-url must hold URLs of the form nats:// or tls://host:port, but entry ${entry} is not one`,
      ),
    );
  });

  test.each([
    ["viewers:latest", "built in"],
    ["like:transient,like:durable", 'has "like" again'],
    ["Like:transient", "match"],
    ["like", "a class out of transient, durable, latest, state, vote"],
    ["like:fast", "a class out of transient, durable, latest"],
    ["like:latest:x", "lists of variants are set by"],
    [Array.from({ length: 33 }, (_, i) => `k${i}:latest`).join(), "at most 32 kinds, but has 33"],
    ["react:transient:🔥", "lists of variants are set by ovation kinds apply"],
    ["gift:durable:any", "only kinds of class transient have variants"],
    ["", "match"],
  ])("the kinds %j are refused", (kinds, message) => {
    const faults = faultsOf([`--kinds=${kinds}`]);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(message);
  });

  test("the shortest frame interval may not exceed the longest", () => {
    expect(faultsOf(["--frame-interval-min-ms=200"])).toEqual([
      "--frame-interval-max-ms (default 60) must be at least --frame-interval-min-ms (200)",
    ]);
    expect(faultsOf(["--frame-interval-min-ms=60"])).toEqual([]);
  });

  test.each(ROLES)("the lease of a %s must outlast three of its renewals", (role) => {
    const env = { OVATION_LEASE_MS: "3000" };
    expect(faultsOf(["--lease-renew-ms=1001"], env, role)).toEqual([
      "OVATION_LEASE_MS (3000) must be at least 3 times --lease-renew-ms (1001)",
    ]);
    expect(faultsOf(["--lease-renew-ms=1000"], env, role)).toEqual([]);
  });
});

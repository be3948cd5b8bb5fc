import { describe, expect, test } from "vitest";
import { ConfigError } from "../../shared/config/load.ts";
import { type Options, parseOptions } from "./options.ts";

type Env = Readonly<Record<string, string>>;

function optionsOf(argv: readonly string[], env: Env = {}): Options {
  const parsed = parseOptions(argv, env);
  if (parsed.outcome !== "options") throw new Error("expected options, got help");
  return parsed.options;
}

function faultsOf(argv: readonly string[], env: Env = {}): readonly string[] {
  try {
    parseOptions(argv, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

describe("the pages that may use the gateways", () => {
  const env = { OVATION_ALLOWED_ORIGINS: "https://a.example" };

  test("come from the flag, or else from the gateways' setting", () => {
    expect(optionsOf(["--allowed-origins", "http://b.example"], env)).toMatchObject({
      allowedOrigins: "http://b.example",
    });
    expect(optionsOf([], env)).toMatchObject({ allowedOrigins: "https://a.example" });
    expect(optionsOf([], { OVATION_ALLOWED_ORIGINS: "" }).allowedOrigins).toContain("loopback");
  });

  test("are not those opened as files, which any site can imitate, where the NATS is not the demo's own", () => {
    expect(optionsOf([]).allowedOrigins).toBe("same-origin,loopback,null");
    const given = { NATS_URL: "nats://127.0.0.1:4222" };
    expect(optionsOf([], given).allowedOrigins).toBe("same-origin,loopback");
  });

  test("are rejected with the expected format when they are invalid", () => {
    expect(faultsOf(["--allowed-origins=b.example"])).toEqual([
      expect.stringMatching(/^--allowed-origins .*b\.example/),
    ]);
    expect(faultsOf(["--allowed-origins"])).toHaveLength(1);
    expect(faultsOf([], { OVATION_ALLOWED_ORIGINS: "x" })).toEqual([
      expect.stringMatching(/^OVATION_ALLOWED_ORIGINS /),
    ]);
  });
});

describe("numbers", () => {
  test("have defaults", () => {
    expect(optionsOf([])).toEqual({
      gateways: 2,
      dispatchers: 2,
      port: 8080,
      audience: 15,
      allowedOrigins: "same-origin,loopback,null",
      auth: false,
      kinds: undefined,
      hooks: undefined,
      nats: undefined,
    });
  });

  test("are written with a space or an equals sign, and the last one of a name counts", () => {
    const argv = ["--gateways", "16", "--dispatchers=1", "--port=1", "--port", "65535"];
    expect(optionsOf(argv)).toMatchObject({ gateways: 16, dispatchers: 1, port: 65_535 });
  });

  test.each([
    ["--gateways=0", 'from 1 to 16, but is "0"'],
    ["--gateways=17", 'from 1 to 16, but is "17"'],
    ["--dispatchers=2.5", 'from 1 to 16, but is "2.5"'],
    ["--dispatchers=-1", 'from 1 to 16, but is "-1"'],
    ["--audience=101", 'from 0 to 100, but is "101"'],
    ["--port=0", 'from 1 to 65535, but is "0"'],
    ["--port=65536", 'from 1 to 65535, but is "65536"'],
    ["--port=0x50", 'but is "0x50"'],
    ["--port=", 'but is ""'],
    ["--port", "needs a value"],
  ])("%s is rejected with the limits", (flag, message) => {
    expect(faultsOf([flag])).toEqual([expect.stringContaining(message)]);
  });
});

describe("an unknown flag", () => {
  test("is rejected by name, all faults at once, with a suggestion where one is close", () => {
    expect(faultsOf(["--prot", "1", "--colour=red", "-x", "stray", "--gateways=x"])).toEqual([
      "--prot is not a flag (did you mean --port?)",
      "--colour is not a flag",
      "-x is not a flag",
      '--gateways must be an integer from 1 to 16, but is "x"',
    ]);
  });

  test("a stray argument is rejected", () => {
    expect(faultsOf(["stray"])).toEqual(['argument "stray" belongs to no flag']);
  });
});

describe("tokens", () => {
  const secret = { OVATION_AUTH_SECRET: "a secret of the tests, which is long enough" };

  test("are required by --auth; the secret may be given", () => {
    expect(optionsOf(["--auth"])).toMatchObject({ auth: true });
    expect(optionsOf(["--auth"], secret)).toMatchObject({ auth: true });
  });

  test("what contradicts itself is refused by name", () => {
    expect(faultsOf(["--auth"], { OVATION_OPEN: "true" })).toEqual([
      expect.stringContaining("OVATION_OPEN=true requires none"),
    ]);
    expect(faultsOf(["--auth"], { OVATION_AUTH_SECRET: "hush" })).toEqual([
      expect.stringMatching(/^OVATION_AUTH_SECRET (?!.*hush)/),
    ]);
    expect(faultsOf([], secret)).toEqual([
      expect.stringMatching(/^OVATION_AUTH_SECRET is set, but only with --auth/),
    ]);
  });
});

describe("kinds, and more pages that may use the gateways", () => {
  test("are given by flags", () => {
    const flags = ["--kinds", "like:transient,score:state", "--allow-origin", "http://b.example"];
    const { kinds, allowedOrigins } = optionsOf(flags);
    expect(kinds).toBe("like:transient,score:state");
    expect(allowedOrigins).toMatch(/^same-origin,.*,http:\/\/b\.example$/);
  });

  test("are refused with what is wrong", () => {
    expect(faultsOf(["--kinds", "like:fast"])).toEqual([expect.stringMatching(/^--kinds must/)]);
    const both = ["--allow-origin", "http://a.example", "--allowed-origins", "http://b.example"];
    expect(faultsOf(both)).toEqual([expect.stringContaining("can't both be given")]);
  });
});

test.each(["--help", "-h"])("%s is answered even when there are faults", (flag) => {
  const parsed = parseOptions(["--nope", flag], {});
  expect(parsed).toMatchObject({ outcome: "help" });
  if (parsed.outcome !== "help") return;
  for (const word of ["--gateways", "--dispatchers", "--port", "NATS_URL", "1 to 16"]) {
    expect(parsed.text).toContain(word);
  }
});

describe("a given NATS", () => {
  test("comes from NATS_URL, or else from the roles' setting; empty counts as unset", () => {
    const roles = { OVATION_NATS_URL: "nats://b:2" };
    expect(optionsOf([], { NATS_URL: "nats://a:1", ...roles }).nats?.url).toBe("nats://a:1");
    expect(optionsOf([], { NATS_URL: "", ...roles }).nats?.url).toBe("nats://b:2");
    expect(optionsOf([], { NATS_URL: "" }).nats).toBeUndefined();
  });

  test("is shown without user and password", () => {
    const { nats } = optionsOf([], { NATS_URL: "nats://me:hush@a:1,tls://b" });
    expect(nats).toEqual({ url: "nats://me:hush@a:1,tls://b", shownUrl: "nats://a:1,tls://b" });
  });

  test("must be a NATS URL, and is not echoed when it isn't", () => {
    const faults = faultsOf([], { NATS_URL: "http://me:hush@a" });
    expect(faults).toEqual([expect.stringMatching(/^NATS_URL must hold URLs of the form nats:/)]);
    expect(faults[0]).not.toContain("hush");
  });
});

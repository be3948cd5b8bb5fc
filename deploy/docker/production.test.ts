/** compose.production.yaml: what it exposes and to whom, and that its files fit together. */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { ACCESS_CONFIG, NATS_USERS } from "../../kit/nats/access.ts";
import { CURRENT_VERSION } from "../../kit/nats/versions.ts";
import { loadConfig } from "../../shared/config/load.ts";

const FOLDER = import.meta.dirname;
const serviceSchema = z.object({
  image: z.string(),
  environment: z.record(z.string(), z.string()).default({}),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  healthcheck: z.object({ test: z.array(z.string()) }).optional(),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  networks: z.array(z.string()).default(["default"]),
});
const { services } = z
  .object({ services: z.record(z.string(), serviceSchema) })
  .parse(parse(readFileSync(join(FOLDER, "compose.production.yaml"), "utf8"), { merge: true }));

let made: string;
/** What `secrets.sh` prints, by name. */
let secrets: Record<string, string>;

beforeAll(() => {
  made = mkdtempSync(join(tmpdir(), "ovation-production-"));
  cpSync(join(FOLDER, "production/secrets.sh"), join(made, "secrets.sh"));
  const printed = execFileSync("sh", [join(made, "secrets.sh"), "live.example"], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  secrets = Object.fromEntries(
    printed
      .trim()
      .split("\n")
      .map((line) => line.split("=") as [string, string]),
  );
});

afterAll(() => {
  rmSync(made, { recursive: true, force: true });
});

/** The environment of a service, with the secrets in it; what may be missing is empty. */
function environmentOf(name: string): Record<string, string> {
  const entries = Object.entries(services[name]?.environment ?? {}).map(([key, value]) => {
    const [, variable = "", rest = ""] = /^\$\{(\w+)(.*)\}$/.exec(value) ?? [];
    if (variable === "") return [key, value];
    const secret = secrets[variable] ?? (rest.startsWith(":-") ? rest.slice(2) : undefined);
    if (secret === undefined) throw new Error(`secrets.sh makes no ${variable}`);
    return [key, secret];
  });
  return Object.fromEntries(entries);
}

test("only the proxy is published beyond this machine, and reaches only gateways", () => {
  const open = Object.entries(services).flatMap(([name, { ports }]) =>
    ports.filter((port) => !port.startsWith("127.0.0.1:")).map((port) => `${name} ${port}`),
  );
  expect(open).toEqual(["proxy 80:80", "proxy 443:443"]);
  const beside = Object.entries(services).filter(([, { networks }]) =>
    networks.includes("viewers"),
  );
  expect(beside.map(([name]) => name)).toEqual(["gateway-1", "gateway-2", "proxy"]);
});

test("each part gets its own secrets, all of which secrets.sh makes", () => {
  const namesOf = (name: string) =>
    Object.values(services[name]?.environment ?? {}).flatMap((value) => {
      const secret = /^\$\{(\w+):\?/.exec(value)?.[1];
      return secret === undefined ? [] : [secret];
    });
  const passwords = NATS_USERS.map((user) => `NATS_${user.toUpperCase()}_PASSWORD`);
  expect(namesOf("nats").sort()).toEqual([...passwords].sort());
  for (const name of ["gateway-1", "gateway-2"]) {
    expect(namesOf(name)).toEqual(["NATS_GATEWAY_PASSWORD", "OVATION_AUTH_SECRET"]);
  }
  expect(namesOf("dispatcher-1")).toEqual(["NATS_DISPATCHER_PASSWORD"]);
  expect(namesOf("doctor")).toEqual(["NATS_OBSERVER_PASSWORD"]);
  expect(namesOf("store")).toEqual(["NATS_ADMIN_PASSWORD"]);
  for (const name of Object.keys(services)) expect(environmentOf(name)).toBeDefined();
  expect(new Set(Object.values(secrets)).size).toBe(Object.keys(secrets).length);
});

test.each([
  ["gateway-1", "gateway"],
  ["dispatcher-2", "dispatcher"],
  ["doctor", "doctor"],
  ["store", "store"],
] as const)("%s has settings that the role takes, and tokens are checked", (service, role) => {
  const loaded = loadConfig(role, [], environmentOf(service));
  const key = { open: false, authSecret: secrets["OVATION_AUTH_SECRET"] };
  const expected = { natsUrl: ["nats://nats:4222"], ...(role === "gateway" ? key : {}) };
  expect(loaded).toMatchObject({ outcome: "config", config: expected });
});

test("what others wait for has a health check, and every file that is mounted is there", () => {
  for (const { depends_on } of Object.values(services)) {
    for (const [name, { condition }] of Object.entries(depends_on)) {
      expect([name, condition]).toEqual([name, "service_healthy"]);
      expect(services[name]?.healthcheck?.test[0]).toBe("CMD");
    }
  }
  const mounted = Object.values(services).flatMap(({ volumes }) =>
    volumes.filter((volume) => volume.startsWith(".")).map((volume) => volume.split(":")[0] ?? ""),
  );
  const files = [...new Set(mounted)].filter((file) => !file.endsWith("api-keys.json"));
  expect(files.map((file) => join(FOLDER, file))).toContain(ACCESS_CONFIG);
  for (const file of files) expect([file, existsSync(join(FOLDER, file))]).toEqual([file, true]);
});

test("NATS is the version that Ovation is tested on", () => {
  expect(services["nats"]?.image).toBe(`nats:${CURRENT_VERSION}-alpine`);
});

test("the API keys hold a hash only, and the gateway's user may read them", () => {
  const path = join(made, "api-keys.json");
  expect(JSON.parse(readFileSync(path, "utf8"))).toEqual([
    { name: "backend", sha256: expect.stringMatching(/^[0-9a-f]{64}$/), scopes: expect.anything() },
  ]);
  expect(statSync(path).mode & 0o777).toBe(0o644);
});

test("Prometheus asks every role", () => {
  const file = readFileSync(join(FOLDER, "production/prometheus.yaml"), "utf8");
  const targets = [...file.matchAll(/([\w-]+):9100/g)].map(([, name]) => name);
  const roles = Object.keys(services).filter((name) => /^(?:gateway|dispatcher)-/.test(name));
  expect(targets.sort()).toEqual(roles.sort());
});

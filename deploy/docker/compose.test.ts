/** What the compose file exposes, and to whom. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { ACCESS_CONFIG, accessEnv, randomPasswords } from "../../kit/nats/access.ts";

const serviceSchema = z.object({
  command: z.array(z.string()),
  environment: z.record(z.string(), z.string()),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
});
const text = readFileSync(join(import.meta.dirname, "compose.yaml"), "utf8");
const { services } = z
  .object({ services: z.record(z.string(), serviceSchema) })
  .parse(parse(text, { merge: true }));

/** The variables whose passwords a service gets. */
function passwordsOf(service: string): string[] {
  const values = Object.values(services[service]?.environment ?? {});
  return values.flatMap((value) => /^\$\{(NATS_\w+_PASSWORD):\?/.exec(value)?.[1] ?? []);
}

test("every published port is on the loopback interface", () => {
  const published = Object.values(services).flatMap(({ ports }) => ports);
  expect(published.length).toBeGreaterThan(0);
  for (const port of published) expect(port).toMatch(/^127\.0\.0\.1:/);
});

test("NATS has the users of ovation.conf, and no service gets the password of another", () => {
  const { command = [], volumes = [] } = services["nats"] ?? {};
  const at = command[command.indexOf("--config") + 1];
  const mounted = volumes.find((volume) => volume.endsWith(`:${at}:ro`)) ?? "";
  expect(join(import.meta.dirname, mounted.split(":")[0] ?? "")).toBe(ACCESS_CONFIG);
  expect(passwordsOf("nats").sort()).toEqual(Object.keys(accessEnv(randomPasswords())).sort());
  const users = {
    gateway: "gateway",
    dispatcher: "dispatcher",
    hooks: "hooks",
    doctor: "observer",
  };
  for (const [service, user] of Object.entries(users)) {
    expect(services[service]?.environment).toMatchObject({ OVATION_NATS_USER: user });
    expect(passwordsOf(service)).toEqual([`NATS_${user.toUpperCase()}_PASSWORD`]);
  }
});

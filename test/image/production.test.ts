/** compose.production.yaml, started as its first lines say, by Docker Compose. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { eventually } from "../support/eventually.ts";

const ROOT = join(import.meta.dirname, "../..");
/** What install-tools.sh builds. */
const COMPOSE = join(ROOT, ".cache/compose/docker-compose");
const execute = promisify(execFile);

const hasCompose = existsSync(COMPOSE);
if (!hasCompose) {
  process.stderr.write(
    "Left out: compose.production.yaml (docker-compose missing: run test/image/install-tools.sh)\n",
  );
}

/** In place of those of the file, which this machine may use already. */
const PORTS = `
services:
  proxy: { ports: !override ["127.0.0.1::443"] }
  prometheus: { ports: !override ["127.0.0.1::9090"] }
`;
const targetsSchema = z.object({
  data: z.object({ activeTargets: z.array(z.object({ health: z.string() })) }),
});

describe.skipIf(!hasCompose)("compose.production.yaml", () => {
  let folder: string;
  let apiKey: string;
  let proxy: number;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "ovation-production-"));
    await mkdir(join(folder, "docker"));
    for (const part of ["docker/compose.production.yaml", "docker/production", "nats"]) {
      await cp(join(ROOT, "deploy", part), join(folder, part), { recursive: true });
    }
    await cp(
      join(ROOT, "deploy/observability/prometheus"),
      join(folder, "observability/prometheus"),
      { recursive: true },
    );
    await rm(join(folder, "docker/production/api-keys.json"), { force: true });
    await writeFile(join(folder, "docker/ports.yaml"), PORTS);
    const secrets = join(folder, "docker/production/secrets.sh");
    const { stdout, stderr } = await execute("sh", [secrets, "localhost"]);
    await writeFile(join(folder, "docker/production.env"), stdout);
    apiKey = /[0-9a-f]{64}/.exec(stderr)?.[0] ?? "";
    await compose("up", "--detach", "--wait");
    proxy = await portOf("proxy", 443);
  });

  afterAll(async () => {
    if (folder === undefined) return;
    await compose("--profile", "tools", "down", "--volumes", "--timeout", "1");
    await rm(folder, { recursive: true, force: true });
  });

  async function compose(...args: string[]): Promise<string> {
    const files = ["compose.production.yaml", "ports.yaml"].flatMap((name) => ["--file", name]);
    const given = ["--project-name", `ovation-test-${process.pid}`, ...files];
    const options = { cwd: join(folder, "docker"), maxBuffer: 16 * 1_024 * 1_024 };
    const { stdout } = await execute(
      COMPOSE,
      [...given, "--env-file", "production.env", ...args],
      options,
    );
    return stdout.trim();
  }

  async function portOf(service: string, port: number): Promise<number> {
    return Number((await compose("port", service, String(port))).split(":").at(-1));
  }

  /** Through the proxy, whose certificate for localhost is its own. */
  async function status(method: string, path: string, body?: object, key?: string) {
    return await new Promise<number | undefined>((resolve, reject) => {
      const outgoing = request(
        {
          host: "127.0.0.1",
          port: proxy,
          servername: "localhost",
          rejectUnauthorized: false,
          method,
          path,
          headers: {
            host: "localhost",
            "content-type": "application/json",
            ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
          },
        },
        (response) => {
          response.resume();
          resolve(response.statusCode);
        },
      );
      outgoing.once("error", reject);
      outgoing.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  test("answers by TLS, and takes events with the backend's key only", async () => {
    await eventually(async () => (await status("GET", "/v1/ping").catch(() => 0)) === 200);
    const path = "/v1/videos/launch/events";
    const comment = { kind: "comment", id: "c-1", actor: "anna", data: { text: "Hello" } };
    expect(await status("POST", path, comment)).toBe(401);
    expect(await status("POST", path, comment, apiKey)).toBe(200);
  });

  test("shows every role to Prometheus", async () => {
    const url = `http://127.0.0.1:${await portOf("prometheus", 9090)}/api/v1/targets`;
    await eventually(async () => {
      const answer = await fetch(url).catch(() => undefined);
      if (answer?.ok !== true) return false;
      const { activeTargets } = targetsSchema.parse(await answer.json()).data;
      return activeTargets.length === 4 && activeTargets.every(({ health }) => health === "up");
    });
  });

  test("has a doctor that finds nothing wrong, and stores as the settings say", async () => {
    expect(await compose("run", "--rm", "doctor")).toContain("2 gateways with a lease");
    expect(await compose("run", "--rm", "store", "plan")).toContain("as the settings say");
  });
});

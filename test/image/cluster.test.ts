/** The chart's NATS, roles and `helm test`, run as containers as their manifests have them. */
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CHART, manifestsOf, podsOf, template } from "../chart/support/helm.ts";
import { docker, exec, inspect } from "./docker.ts";

const NETWORK = `ovation-cluster-test-${process.pid}`;
/** As the chart makes them up: letters and digits, a letter first. */
const TOKEN = `t${"0e5".repeat(15)}`;
const AUTH = ["--env", `OVATION_AUTH_SECRET=a${"1f7".repeat(15)}`];
const SERVERS = [0, 1, 2].map((index) => `ovation-nats-${index}`);
const RESTRICTED = ["--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"];
const started: string[] = [];
let folder: string;

async function run(name: string, ...flags: string[]): Promise<void> {
  started.push(`${NETWORK}-${name}`);
  const own = ["--detach", "--name", `${NETWORK}-${name}`, "--network", NETWORK];
  await docker("run", ...own, ...RESTRICTED, ...flags);
}

/** What Kubernetes would take from a Secret or the pod is given here. */
function settingsOf(deployment: string): string[] {
  const env = podsOf({}).get(deployment)?.containers[0]?.env ?? [];
  return [...AUTH, ...env.flatMap(({ name, value }) => ["--env", `${name}=${value ?? TOKEN}`])];
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ovation-cluster-"));
  // Read by the server's user.
  await chmod(folder, 0o755);
  const config = manifestsOf(template({}).stdout).find(
    ({ kind, metadata }) => kind === "ConfigMap" && metadata.name === "ovation-nats",
  );
  await writeFile(join(folder, "nats.conf"), config?.data?.["nats.conf"] ?? "");
  await docker("network", "create", NETWORK);
  for (const server of SERVERS) {
    await run(
      server,
      ...["--network-alias", `${server}.ovation-nats-headless.live.svc`],
      ...["--user", "65532:65532", "--volume", `${folder}:/etc/nats:ro`],
      ...["--tmpfs", "/data:uid=65532", "--tmpfs", "/var/run/nats:uid=65532"],
      ...["--env", `POD_NAME=${server}`, "--env", `NATS_TOKEN=${TOKEN}`],
      ...["nats:2.12.15", "--config", "/etc/nats/nats.conf"],
    );
  }
  for (const role of ["gateway", "dispatcher"]) {
    // As Kubernetes does: until NATS has found a leader, a role ends and is started again.
    const kept = ["--restart", "unless-stopped", "--health-interval", "1s"];
    const alias = ["--network-alias", `ovation-${role}`];
    await run(role, ...kept, ...alias, ...settingsOf(`ovation-${role}`), "ovation:0.1.0", role);
  }
  for (const role of ["gateway", "dispatcher"]) await ready(`${NETWORK}-${role}`);
});

afterAll(async () => {
  for (const container of started) await docker("rm", "--force", "--volumes", container);
  await docker("network", "rm", NETWORK);
  await rm(folder, { recursive: true, force: true });
});

const READY = 'const r = await fetch("http://127.0.0.1:9100/readyz"); process.exit(r.ok ? 0 : 1)';

async function ready(container: string): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline) {
    const running = (await inspect(container, "{{ .State.Status }}")) === "running";
    const command = ["node", "--input-type=module", "--eval", READY];
    if (running && (await exec(container, ...command)) === 0) return;
  }
  throw new Error(`${container} did not get ready`);
}

async function helmTest(): Promise<string> {
  const { stdout } = await docker(
    "run",
    ...["--rm", "--network", NETWORK, ...RESTRICTED],
    ...["--volume", `${CHART}/files:/test:ro`, "--entrypoint", "node"],
    ...AUTH,
    ...["--env", "TEST_GATEWAY_URL=http://ovation-gateway:8080", "--env", "TEST_VIDEO=helm-test"],
    ...["ovation:0.1.0", "/test/like.mjs"],
  );
  return stdout;
}

test("helm test sees its like arrive", async () => {
  expect(await helmTest()).toMatch(/^a like of helm-test-\d+ arrived$/m);
});

test("the servers answer the probes of their pods", async () => {
  const probes = ["", "?js-server-only=true", "?js-enabled-only=true"];
  for (const server of SERVERS) {
    for (const probe of probes) {
      const url = `http://${server}.ovation-nats-headless.live.svc:8222/healthz${probe}`;
      const code = `process.exit((await fetch("${url}")).ok ? 0 : 1)`;
      const command = ["node", "--input-type=module", "--eval", code];
      expect(await exec(`${NETWORK}-gateway`, ...command), url).toBe(0);
    }
  }
});

test("a server that is asked to go by preStop goes, and likes go on", async () => {
  const server = `${NETWORK}-${SERVERS[1]}`;
  const command = ["nats-server", "--signal", "ldm=/var/run/nats/nats.pid"];
  expect(await exec(server, ...command)).toBe(0);
  expect(await helmTest()).toContain("arrived");
});

/** The chart's NATS, roles and `helm test`, run as containers according to their manifests. */
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { passwordsBy } from "../../kit/nats/access.ts";
import { manifestsOf, podsOf, template } from "../chart/support/helm.ts";
import { eventually } from "../support/eventually.ts";
import { tokenOf } from "../support/tokens.ts";
import { docker, exec, inspect } from "./docker.ts";
import { podAsRun, type Surroundings } from "./pods.ts";

const NETWORK = `ovation-cluster-test-${process.pid}`;
/** As the chart generates them: letters and digits, starting with a letter. */
const PASSWORDS = {
  ...passwordsBy((user) => `${user}${"0e5".repeat(12)}`),
  route: `r${"2e8".repeat(15)}`,
};
const AUTH_SECRET = `a${"1f7".repeat(15)}`;
const SERVERS = [0, 1, 2].map((index) => `ovation-nats-${index}`);
const pods = podsOf({});
const started: string[] = [];
let surroundings: Surroundings;

/** Starts a pod of the chart under a name. */
async function run(name: string, pod: unknown, ...flags: string[]): Promise<string> {
  const container = `${NETWORK}-${name}`;
  started.push(container);
  const own = ["--detach", "--name", container, "--network", NETWORK];
  await docker("run", ...own, ...flags, ...(await podAsRun(pod, name, surroundings)));
  return container;
}

/** Runs a pod to completion; returns its exit code and output. */
async function finished(name: string, pod: unknown) {
  const container = await run(name, pod);
  const { stdout: code } = await docker("wait", container);
  const { stdout, stderr } = await docker("logs", container);
  return { code: Number(code), text: stdout + stderr };
}

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), "ovation-cluster-"));
  // The pods' user has to read it.
  await chmod(folder, 0o755);
  const logins = Object.entries(PASSWORDS).map(
    ([user, password]) => [`ovation-nats-users/${user}`, password] as const,
  );
  const secrets = {
    ...Object.fromEntries(logins),
    "ovation-auth/OVATION_AUTH_SECRET": AUTH_SECRET,
  };
  const maps = manifestsOf(template({}).stdout).filter(({ kind }) => kind === "ConfigMap");
  const configMaps = Object.fromEntries(
    maps.map(({ metadata, data }) => [metadata.name, data ?? {}]),
  );
  surroundings = { secrets, configMaps, folder };
  await docker("network", "create", NETWORK);
  for (const server of SERVERS) {
    const alias = ["--network-alias", `${server}.ovation-nats-headless.live.svc`];
    await run(server, pods.get("ovation-nats"), ...alias);
  }
  for (const role of ["gateway", "dispatcher"]) {
    // As on Kubernetes: until NATS has elected a leader, a role exits and is restarted.
    const restart = ["--restart", "unless-stopped", "--health-interval", "1s"];
    // Stands in for the Service.
    const alias = ["--network-alias", `ovation-${role}`, "--publish", "127.0.0.1::8080"];
    await run(role, pods.get(`ovation-${role}`), ...restart, ...alias);
  }
  for (const role of ["gateway", "dispatcher"]) await ready(`${NETWORK}-${role}`);
});

afterAll(async () => {
  for (const container of started) await docker("rm", "--force", "--volumes", container);
  await docker("network", "rm", NETWORK);
  await rm(surroundings.folder, { recursive: true, force: true });
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

/** A pod of the chart with additional variables. */
function withVariables(pod: string, variables: Readonly<Record<string, string>>): unknown {
  const spec = pods.get(pod);
  const containers = spec?.containers.map((container) => ({
    ...container,
    env: [
      ...(container.env ?? []),
      ...Object.entries(variables).map(([name, value]) => ({ name, value })),
    ],
  }));
  return { ...spec, containers };
}

let likes = 0;
async function helmTest(): Promise<void> {
  likes += 1;
  // There is no Service that forwards port 80 to the gateways'.
  const TEST_GATEWAY_URL = "http://ovation-gateway:8080";
  const { code, text } = await finished(
    `test-${likes}`,
    withVariables("ovation-test", { TEST_GATEWAY_URL }),
  );
  expect(text).toMatch(/^a like of helm-test-\d+ arrived$/m);
  expect(code).toBe(0);
}

test("helm test sees its like arrive", async () => {
  await helmTest();
});

test("a comment is stored, and kept by three servers", async () => {
  const token = await tokenOf(
    { sub: "anna", videos: ["*"], publish: ["comment"] },
    { key: Buffer.from(AUTH_SECRET) },
  );
  const port = '{{ (index (index .NetworkSettings.Ports "8080/tcp") 0).HostPort }}';
  const gateway = `http://127.0.0.1:${await inspect(`${NETWORK}-gateway`, port)}`;
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const published = await fetch(`${gateway}/v1/videos/kept/events`, {
    method: "POST",
    headers,
    body: JSON.stringify({ kind: "comment", id: "c1", data: { text: "hi" } }),
  });
  expect(published.status, await published.text()).toBe(200);
  const history = await fetch(`${gateway}/v1/videos/kept/history?limit=10`, { headers });
  expect(await history.text()).toContain('"id":"c1"');
});

test("the doctor has the permissions it needs, and finds nothing wrong", async () => {
  const { code, text } = await finished("doctor", pods.get("ovation-doctor"));
  expect(text).toContain("The table is right: 1 gateway with a lease");
  expect(code).toBe(0);
});

test("a role that logs in as another user reports the missing permission, and does not start", async () => {
  const pod = withVariables("ovation-gateway", { OVATION_NATS_USER: "observer" });
  const asObserver = { ...surroundings.secrets, "ovation-nats-users/gateway": PASSWORDS.observer };
  const before = surroundings;
  surroundings = { ...surroundings, secrets: asObserver };
  const { code, text } = await finished("misled", pod).finally(() => {
    surroundings = before;
  });
  expect(text).toContain("NATS does not permit us to");
  expect(code).toBe(1);
});

test("a role with another's password is refused", async () => {
  const pod = withVariables("ovation-dispatcher", { OVATION_NATS_USER: "gateway" });
  const { code, text } = await finished("refused", pod);
  expect(text).toContain("NATS does not accept our login");
  expect(code).toBe(1);
});

test("a server without the servers' password joins no cluster", async () => {
  const pod = withVariables("ovation-nats", {
    NATS_ROUTE_0: `nats://${SERVERS[0]}.ovation-nats-headless.live.svc:6222`,
  });
  const stranger = await run("stranger", pod);
  const refused = async () => {
    const { stdout, stderr } = await docker("logs", stranger);
    return (stdout + stderr).includes("Authorization Violation");
  };
  await eventually(refused);
  await docker("kill", stranger);
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

test("a server stops when preStop signals it, and likes keep flowing", async () => {
  const server = `${NETWORK}-${SERVERS[1]}`;
  const command = ["nats-server", "--signal", "ldm=/var/run/nats/nats.pid"];
  expect(await exec(server, ...command)).toBe(0);
  await helmTest();
});

/** The configuration of the chart's NATS, as nats-server reads it. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "nats";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../../kit/nats/free-port.ts";
import { provideNatsVersion } from "../../kit/nats/versions.ts";
import { type CertificateAndKey, TestAuthority } from "../support/certificates.ts";
import { CASES } from "./cases.ts";
import { manifestsOf, podsOf, template, type Values } from "./support/helm.ts";
import { hasTools } from "./support/tools.ts";

const hasHelm = hasTools("the configuration of the chart's NATS", "helm");
const PASSWORD = "p4ssw0rd";

describe.skipIf(!hasHelm)("the NATS configuration", () => {
  let nats: string;
  let authority: TestAuthority;
  let certificate: CertificateAndKey;
  let folder: string;

  beforeAll(async () => {
    nats = (await provideNatsVersion("current", () => undefined)).path;
    authority = await TestAuthority.make();
    certificate = await authority.certificate("nats");
    folder = await mkdtemp(join(tmpdir(), "ovation-nats-config-"));
  });
  afterAll(async () => {
    await authority?.remove();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  /** Writes the files of the ConfigMap, with paths of this machine in place of a pod's. */
  async function written(values: Values, port = 4222): Promise<Record<string, string>> {
    const { stdout } = template(values);
    const map = manifestsOf(stdout).find(
      ({ kind, metadata }) => kind === "ConfigMap" && metadata.name === "ovation-nats",
    );
    const { certFile, keyFile } = certificate;
    for (const [name, text] of Object.entries(map?.data ?? {})) {
      const here = text
        .replaceAll("/etc/nats-tls/tls.crt", certFile)
        .replaceAll("/etc/nats-tls/tls.key", keyFile)
        .replaceAll("/etc/nats-tls/ca.crt", authority.caFile)
        .replace("/var/run/nats", folder)
        .replace("store_dir: /data", `store_dir: ${join(folder, "data")}`)
        .replace("0.0.0.0:4222", `127.0.0.1:${port}`)
        .replace("http: 0.0.0.0:8222", "");
      await writeFile(join(folder, name), here);
    }
    const [container] = podsOf(values).get("ovation-nats")?.containers ?? [];
    const names = container?.env?.map(({ name }) => name) ?? [];
    const routes = names.filter((name) => name.startsWith("NATS_ROUTE_"));
    const passwords = names.filter((name) => name.endsWith("_PASSWORD"));
    return Object.fromEntries([
      ["POD_NAME", "ovation-nats-0"],
      ...routes.map((name, index) => [name, `nats://route:${PASSWORD}@127.0.0.1:${6222 + index}`]),
      ...passwords.map((name) => [name, PASSWORD]),
    ]);
  }

  const own = Object.entries(CASES).filter(([, values]) => values["nats.url"] === undefined);
  test.each(own)("of %s is accepted by nats-server", async (_, values) => {
    const env = await written(values);
    const args = ["-t", "--config", join(folder, "nats.conf")];
    const { status, stderr } = spawnSync(nats, args, { env, encoding: "utf8" });
    expect(stderr).toContain("is valid");
    expect(status).toBe(0);
  });

  test("lets a publisher of one's own publish, and answers it alone", async () => {
    const port = await freePort();
    const env = await written({ "nats.replicas": 1, "nats.publishers": ["billing"] }, port);
    const server = spawn(nats, ["--config", join(folder, "nats.conf")], { env, stdio: "ignore" });
    const ended = once(server, "exit");
    const as = async (user: string) =>
      await connect({
        servers: `127.0.0.1:${port}`,
        user,
        pass: PASSWORD,
        inboxPrefix: `_INBOX.${user}`,
        waitOnFirstConnect: true,
        maxReconnectAttempts: -1,
        reconnectTimeWait: 20,
      });
    try {
      const dispatcher = await as("dispatcher");
      dispatcher.subscribe("ov.publish.*.*", {
        queue: "dispatchers",
        callback: (_, message) => {
          message.respond("stored");
        },
      });
      await dispatcher.flush();
      const billing = await as("billing");
      expect((await billing.request("ov.publish.v1", "{}")).string()).toBe("stored");
      await expect(billing.request("$KV.ov_state.v1", "{}")).rejects.toThrow();
      await Promise.all([billing.close(), dispatcher.close()]);
    } finally {
      server.kill("SIGKILL");
      await ended;
    }
  });

  test.each([
    ["jetstream { domain: hub }", "nats.config.jetstream"],
    ['accounts: {\n  A { users: [{ user: "a" }] }\n}', "nats.config.accounts"],
    ['write_deadline: 5s\n"cluster" {\n  name: x\n}', "cluster"],
    ["write_deadline: 5s; max_payload: 1MB", "nats.config.maxPayload"],
    ["system_account: OTHER", "the chart writes system_account itself"],
    ["AUTHORIZATION { token: x }", "authorization"],
  ])(
    "refuses %j in nats.config.extra, which would replace what the chart writes",
    (extra, word) => {
      const { ok, stderr } = template({ "nats.config.extra": extra });
      expect(ok).toBe(false);
      expect(stderr).toContain("nats.config.extra: the chart writes");
      expect(stderr).toContain(word);
    },
  );

  test.each(["# jetstream { }", 'mqtt { tls { timeout: 2 } }\nserver_tags: ["listen: 1"]'])(
    "takes %j, where such names stand for other things",
    (extra) => {
      expect(template({ "nats.config.extra": extra })).toMatchObject({ ok: true });
    },
  );

  test("refuses a publisher with the name of another user", () => {
    expect(template({ "nats.publishers": ["admin"] }).stderr).toContain("a user admin already");
  });
});

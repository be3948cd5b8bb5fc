/** Each way in which a role logs in to NATS, on a server that accepts no other. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { nkeys } from "nats";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { passwordsBy } from "../../kit/nats/access.ts";
import { findNatsServer } from "../../kit/nats/find-nats-server.ts";
import { type NatsServer, startNatsServer } from "../../kit/nats/nats-server.ts";
import { Bus } from "../../shared/bus/connection.ts";
import type { Login } from "../../shared/bus/login.ts";
import { silentLog } from "../../shared/runtime/log.ts";
import { bundled } from "../support/bundle.ts";
import { type CertificateAndKey, TestAuthority } from "../support/certificates.ts";
import { eventually } from "../support/eventually.ts";
import { jwtServer } from "../support/nats-jwt.ts";

const open: { stop(): Promise<void> }[] = [];
let folder: string;
let authority: TestAuthority;
let server: CertificateAndKey;
let client: CertificateAndKey;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ovation-login-"));
  authority = await TestAuthority.make();
  server = await authority.certificate("server");
  client = await authority.certificate("client");
});

afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.stop();
});

afterAll(async () => {
  await authority.remove();
  await rm(folder, { recursive: true, force: true });
});

async function written(name: string, content: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content, { mode: 0o600 });
  return path;
}

async function serve(extraArgs: readonly string[], passwords?: ReturnType<typeof passwordsBy>) {
  const storeDir = await mkdtemp(join(folder, "store-"));
  const source = await findNatsServer({ log: () => undefined });
  const access = passwords === undefined ? {} : { passwords };
  const nats: NatsServer = await startNatsServer({ source, storeDir, extraArgs, ...access });
  open.push(nats);
  return nats;
}

async function serveConfig(config: string) {
  return await serve(["--config", await written("nats.conf", config)]);
}

async function connected(url: string, login: Login): Promise<Bus> {
  const bus = await Bus.connect({ servers: [url], login, name: "login", log: silentLog });
  open.push(bus);
  await bus.flush();
  return bus;
}

describe("a login by", () => {
  test("user and password, from settings or a file, takes precedence over the URL", async () => {
    const { url } = await serveConfig("authorization { user: anna, password: s3cret }");
    const natsPasswordFile = await written("password", "s3cret\n");
    const withOthers = url.replace("//", "//somebody:else@");
    expect((await connected(withOthers, { natsUser: "anna", natsPassword: "s3cret" })).state).toBe(
      "connected",
    );
    expect((await connected(url, { natsUser: "anna", natsPasswordFile })).state).toBe("connected");
  });

  test("a password file is read again when the password has changed", async () => {
    const config = (password: string) => `authorization { user: anna, password: ${password} }`;
    const nats = await serveConfig(config("before"));
    const natsPasswordFile = await written("password", "before");
    const bus = await connected(nats.url, { natsUser: "anna", natsPasswordFile });
    await written("password", "later");
    await written("nats.conf", config("later"));
    await nats.restart();
    await eventually(() => bus.stats.reconnects === 1);
  });

  test("an nkey", async () => {
    const pair = nkeys.createUser();
    const { url } = await serveConfig(
      `authorization { users: [{ nkey: ${pair.getPublicKey()} }] }`,
    );
    const natsNkeyFile = await written("user.nk", `${Buffer.from(pair.getSeed())}\n`);
    expect((await connected(url, { natsNkeyFile })).state).toBe("connected");
  });

  test("a credentials file", async () => {
    const { config, creds } = jwtServer();
    const { url } = await serveConfig(config);
    const natsCredsFile = await written("user.creds", creds);
    expect((await connected(url, { natsCredsFile })).state).toBe("connected");
  });

  test("a wrong password is refused at once, and the message doesn't contain it", async () => {
    const { url } = await serveConfig("authorization { user: anna, password: s3cret }");
    const wrong = Bus.connect({
      servers: [url],
      login: { natsUser: "anna", natsPassword: "gue55ed" },
      name: "login",
      log: silentLog,
    });
    await expect(wrong).rejects.toThrow(/^NATS does not accept our login: (?!.*gue55ed)/);
  });

  test("a file that doesn't exist is named", async () => {
    const login = { natsUser: "anna", natsPasswordFile: "/nowhere/password" };
    const connecting = Bus.connect({
      servers: ["nats://127.0.0.1:1"],
      login,
      name: "x",
      log: silentLog,
    });
    await expect(connecting).rejects.toThrow(
      "natsPasswordFile /nowhere/password can't be read: ENOENT",
    );
  });
});

const PASSWORDS = passwordsBy(() => "-of-a-test");

describe("a NATS", () => {
  const servePlain = () => serve([], PASSWORDS);
  async function serveTls(): Promise<NatsServer> {
    const files = [
      "--tlscert",
      server.certFile,
      "--tlskey",
      server.keyFile,
      "--tlscacert",
      authority.caFile,
    ];
    return await serve(["--tls", "--tlsverify", ...files], PASSWORDS);
  }

  test("that requires TLS and a client certificate accepts us, with both sides verified", async () => {
    const { url } = await serveTls();
    const bus = await connected(url, {
      natsUser: "gateway",
      natsPassword: PASSWORDS.gateway,
      natsTlsCaFile: authority.caFile,
      natsTlsCertFile: client.certFile,
      natsTlsKeyFile: client.keyFile,
    });
    expect(bus.connection.info?.tls_required).toBe(true);
    expect(bus.connection.info?.tls_verify).toBe(true);
  });

  test.each([
    [
      "whose authority we don't know is not trusted",
      serveTls,
      {},
      /certificate|self.signed|issuer/i,
    ],
    [
      "that has no TLS is refused once an authority is set",
      servePlain,
      { OVATION_NATS_TLS_CA_FILE: "ca" },
      /tls|secure/i,
    ],
  ])("%s: a role waits, and says why", async (_what, start, files, why) => {
    const { url } = await start();
    const ca =
      "OVATION_NATS_TLS_CA_FILE" in files ? { OVATION_NATS_TLS_CA_FILE: authority.caFile } : {};
    const login = { OVATION_NATS_USER: "gateway", OVATION_NATS_PASSWORD: PASSWORDS.gateway, ...ca };
    const where = ["--ops-port", "0", "--port", "0", "--host", "127.0.0.1"];
    const flags = ["--open", "--nats-url", url, ...where];
    const child = spawn(process.execPath, [bundled("gateway/main.ts"), ...flags], {
      env: { ...process.env, ...login },
      stdio: ["ignore", "pipe", "inherit", "ipc"],
    });
    const lines: string[] = [];
    if (child.stdout === null) throw new Error("no output to read");
    createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
    const waiting = () => lines.find((line) => line.includes("waiting for NATS"));
    try {
      await eventually(() => waiting() !== undefined);
    } finally {
      const exit = once(child, "exit");
      child.kill("SIGKILL");
      await exit;
    }
    expect(waiting()).toMatch(why);
    expect(lines.join("\n")).not.toContain(PASSWORDS.gateway);
  });
});

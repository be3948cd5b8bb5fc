import { once } from "node:events";
import { readFileSync } from "node:fs";
import { copyFile, mkdir, symlink, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { join } from "node:path";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CertificateAndKey, TestAuthority } from "../support/certificates.ts";
import { eventually } from "../support/eventually.ts";
import { type RoleProcess, spawnRole } from "../support/process.ts";
import { metric, TestStack } from "../support/stack.ts";
import { TestSocket } from "../support/viewer.ts";

let authority: TestAuthority;
let ca: Buffer;
let first: CertificateAndKey;
let second: CertificateAndKey;
/** The files in the gateway's settings; their contents change. */
let live: CertificateAndKey;
let stack: TestStack;

async function install(certificate: CertificateAndKey, to: CertificateAndKey): Promise<void> {
  await copyFile(certificate.certFile, to.certFile);
  await copyFile(certificate.keyFile, to.keyFile);
}

beforeAll(async () => {
  authority = await TestAuthority.make();
  ca = readFileSync(authority.caFile);
  first = await authority.certificate("first", 2);
  second = await authority.certificate("second", 30);
  await mkdir(join(authority.folder, "live"));
  const path = (name: string) => join(authority.folder, "live", name);
  live = { certFile: path("tls.crt"), keyFile: path("tls.key") };
  await install(first, live);
  stack = await TestStack.start({
    gateway: { tlsCertFile: live.certFile, tlsKeyFile: live.keyFile },
  });
});

afterAll(async () => {
  await stack?.stop();
  await authority?.remove();
});

async function reload(certificate: CertificateAndKey): Promise<void> {
  await install(certificate, live);
  stack.gateway.reload();
}

/** One TLS connection after its handshake. */
async function handshake(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ host: "127.0.0.1", port, ca, ...options });
  await once(socket, "secureConnect");
  return socket;
}

/** The name in the certificate that a new connection sees. */
async function nameSeen(port: number): Promise<string> {
  const socket = await handshake(port);
  const { CN: name } = socket.getPeerCertificate().subject;
  socket.destroy();
  return String(name);
}

async function post(port: number, video: string, body: unknown): Promise<number> {
  const path = `/v1/videos/${video}/events`;
  const headers = { "content-type": "application/json" };
  const sent = request({
    host: "127.0.0.1",
    port,
    path,
    method: "POST",
    headers,
    ca,
    agent: false,
  });
  sent.end(JSON.stringify(body));
  const [response] = await once(sent, "response");
  response.resume();
  return response.statusCode;
}

/** A viewer over wss. */
async function watch(port: number, video: string): Promise<TestSocket> {
  const viewer = await TestSocket.open(`https://127.0.0.1:${port}`, "json", {}, { ca });
  await viewer.ask("connect");
  await viewer.ask("subscribe", { video });
  return viewer;
}

describe("a gateway with a certificate", () => {
  test("serves https and wss, and nothing without TLS", async () => {
    const { port } = stack.gateway;
    const viewer = await watch(port, "launch");
    await stack.mirrored("launch", 1);
    expect(await post(port, "launch", { kind: "like", id: "over-tls" })).toBe(200);
    await viewer.until(() => viewer.of("launch", "like").some(({ id }) => id === "over-tls"));
    viewer.socket.close();
    await expect(fetch(`http://127.0.0.1:${port}/v1/videos/launch/history`)).rejects.toThrow();
  });

  test.each([
    ["TLSv1.2", "TLSv1.2"],
    ["TLSv1.3", "TLSv1.3"],
  ] as const)("speaks %s", async (version, spoken) => {
    const limits = { minVersion: version, maxVersion: version };
    const socket = await handshake(stack.gateway.port, limits);
    expect(socket.getProtocol()).toBe(spoken);
    socket.destroy();
  });

  test.each([
    ["TLS 1.1", { minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "ALL@SECLEVEL=0" }],
    [
      "a cipher without authenticated encryption",
      { maxVersion: "TLSv1.2", ciphers: "ECDHE-ECDSA-AES128-SHA" },
    ],
  ] as const)("refuses %s", async (_what, options) => {
    await expect(handshake(stack.gateway.port, options)).rejects.toThrow(/alert|handshake/);
  });

  test("shows a new certificate to new connections, refuses none meanwhile, and keeps its viewers", async () => {
    const { port } = stack.gateway;
    expect(await nameSeen(port)).toBe("first");
    const viewer = await watch(port, "renewal");
    await stack.mirrored("renewal", 1);
    const faults: unknown[] = [];
    let count = 0;
    let isOver = false;
    const connecting = Array.from({ length: 4 }, async () => {
      while (!isOver || count < 10) {
        await handshake(port).then(
          (socket) => socket.destroy(),
          (fault) => faults.push(fault),
        );
        count += 1;
      }
    });
    const name = "ovation_gateway_certificate_reloads_total";
    for (let reloads = 1; reloads <= 5; reloads += 1) {
      await reload(reloads % 2 === 1 ? second : first);
      expect(await metric(stack.gateway, name)).toBe(reloads);
    }
    isOver = true;
    await Promise.all(connecting);
    expect(faults).toEqual([]);
    expect(await nameSeen(port)).toBe("second");
    const end = await metric(stack.gateway, "ovation_gateway_certificate_not_after_seconds");
    expect(end - Date.now() / 1_000).toBeGreaterThan(29 * 86_400);
    expect(await post(port, "renewal", { kind: "like", id: "after-renewal" })).toBe(200);
    await viewer.until(() => viewer.of("renewal", "like").some(({ id }) => id === "after-renewal"));
    viewer.socket.close();
  });

  test("closes connections only after eight newer certificates", async () => {
    const viewer = await watch(stack.gateway.port, "long");
    const closed = viewer.untilClosed();
    const start = await nameSeen(stack.gateway.port);
    const [one, other] = start === "first" ? [second, first] : [first, second];
    for (let reloads = 1; reloads <= 7; reloads += 1) await reload(reloads % 2 === 1 ? one : other);
    await stack.mirrored("long", 1);
    expect(viewer.closed).toBeUndefined();
    await reload(other);
    await closed;
  });

  test("notices by itself that the files were replaced", async () => {
    const before = await nameSeen(stack.gateway.port);
    await install(before === "first" ? second : first, live);
    await eventually(async () => (await nameSeen(stack.gateway.port)) !== before);
  });

  test("keeps the old certificate when the new one is broken, and says so", async () => {
    const { gateway } = stack;
    const before = await nameSeen(gateway.port);
    const failures = "ovation_gateway_certificate_failures_total";
    const failed = await metric(gateway, failures);
    await writeFile(live.certFile, "-----BEGIN CERTIFICATE-----\nbroken\n");
    gateway.reload();
    expect(await metric(gateway, failures)).toBe(failed + 1);
    expect(await nameSeen(gateway.port)).toBe(before);
    const ready = await fetch(`http://127.0.0.1:${gateway.opsPort}/readyz`);
    const { status, checks } = (await ready.json()) as {
      status: string;
      checks: Record<string, string>;
    };
    expect(status).toBe("degraded");
    expect(checks["certificate"]).toContain(live.certFile);
    await install(first, live);
    gateway.reload();
    expect(await nameSeen(gateway.port)).toBe("first");
  });
});

describe("a gateway's process", () => {
  test.each([
    [
      "whose key is another certificate's",
      () => [first.certFile, second.keyFile],
      () => second.keyFile,
    ],
    [
      "whose certificate doesn't exist",
      () => ["/nowhere/tls.crt", first.keyFile],
      () => "/nowhere/tls.crt",
    ],
    [
      "whose key file holds no key",
      () => [first.certFile, authority.caFile],
      () => authority.caFile,
    ],
  ])("%s does not start, and names the file", async (_what, files, named) => {
    const [certFile = "", keyFile = ""] = files();
    const flags = ["--tls-cert-file", certFile, "--tls-key-file", keyFile];
    await expect(spawnRole("gateway", stack.nats.url, flags)).rejects.toThrow(named());
  });

  test("reads the files again on SIGHUP, even where no file event shows the change", async () => {
    // The watched folder doesn't change: its links point elsewhere.
    const path = (folder: string, name: string) => join(authority.folder, folder, name);
    for (const folder of ["links", "targets"]) await mkdir(join(authority.folder, folder));
    const target = { certFile: path("targets", "tls.crt"), keyFile: path("targets", "tls.key") };
    await install(first, target);
    const linked = { certFile: path("links", "tls.crt"), keyFile: path("links", "tls.key") };
    await symlink(target.certFile, linked.certFile);
    await symlink(target.keyFile, linked.keyFile);
    const flags = ["--tls-cert-file", linked.certFile, "--tls-key-file", linked.keyFile];
    const gateway: RoleProcess = await spawnRole("gateway", stack.nats.url, flags);
    try {
      expect(await nameSeen(gateway.port)).toBe("first");
      await install(second, target);
      gateway.child.kill("SIGHUP");
      await eventually(async () => (await nameSeen(gateway.port)) === "second");
    } finally {
      await gateway.stop();
    }
  });
});

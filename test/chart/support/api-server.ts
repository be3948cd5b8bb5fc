/** A private Kubernetes API server with its etcd: it checks and stores objects but runs none. */
import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../../kit/nats/free-port.ts";
import { tool } from "./tools.ts";

/** The token of a user who may do everything. */
const TOKEN = "admin-of-the-chart-tests";
const STARTS_WITHIN_MS = 60_000;

interface Answer {
  readonly status: number;
  /** Warnings of the server, such as pods that Pod Security would refuse. */
  readonly warnings: readonly string[];
  readonly body: unknown;
}

export interface ApiServer {
  /** The path of the kubeconfig with which Helm reaches it. */
  readonly kubeconfig: string;
  ask(method: "GET" | "POST" | "DELETE", path: string, body?: object): Promise<Answer>;
  stop(): Promise<void>;
}

export async function startApiServer(): Promise<ApiServer> {
  const folder = await mkdtemp(join(tmpdir(), "ovation-api-server-"));
  const [etcdPort, peerPort, port] = [await freePort(), await freePort(), await freePort()];
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });
  const key = join(folder, "accounts.key");
  await writeFile(key, privateKey.export({ type: "pkcs8", format: "pem" }));
  const tokens = join(folder, "tokens.csv");
  await writeFile(tokens, `${TOKEN},admin,admin,system:masters\n`);
  const kubeconfig = join(folder, "kubeconfig");
  await writeFile(kubeconfig, kubeconfigFor(port));

  const etcdUrl = `http://127.0.0.1:${etcdPort}`;
  const peerUrl = `http://127.0.0.1:${peerPort}`;
  const etcd = run("etcd", [
    `--data-dir=${join(folder, "etcd")}`,
    `--listen-client-urls=${etcdUrl}`,
    `--advertise-client-urls=${etcdUrl}`,
    `--listen-peer-urls=${peerUrl}`,
    "--unsafe-no-fsync",
  ]);
  const server = run("kube-apiserver", [
    `--etcd-servers=${etcdUrl}`,
    "--bind-address=127.0.0.1",
    `--secure-port=${port}`,
    `--cert-dir=${join(folder, "certificates")}`,
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-account-key-file=${key}`,
    `--service-account-signing-key-file=${key}`,
    `--token-auth-file=${tokens}`,
    "--authorization-mode=RBAC",
    "--service-cluster-ip-range=10.0.0.0/24,fd00:10::/108",
    // Where there are nodes (test/cluster), their names can't be resolved.
    "--kubelet-preferred-address-types=InternalIP",
    // The controller that makes each namespace's default account is not here.
    "--disable-admission-plugins=ServiceAccount",
  ]);
  const stop = async (): Promise<void> => {
    await end(server);
    await end(etcd);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await ready(port, server);
  } catch (error) {
    await stop();
    throw error;
  }
  return { kubeconfig, stop, ask: (...parts) => ask(port, ...parts) };
}

function kubeconfigFor(port: number): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "test",
    contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
    users: [{ name: "test", user: { token: TOKEN } }],
    clusters: [
      {
        name: "test",
        cluster: { server: `https://127.0.0.1:${port}`, "insecure-skip-tls-verify": true },
      },
    ],
  });
}

function run(name: string, args: readonly string[]): ChildProcess {
  return spawn(tool(name), args, { stdio: "ignore" });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.kill("SIGKILL");
  await exit;
}

/** Polls: the server does not announce that it is ready. */
async function ready(port: number, server: ChildProcess): Promise<void> {
  const deadline = Date.now() + STARTS_WITHIN_MS;
  while (server.exitCode === null && Date.now() < deadline) {
    const answer = await ask(port, "GET", "/readyz").catch(() => undefined);
    if (answer?.status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`kube-apiserver did not get ready (exit code ${server.exitCode})`);
}

async function ask(port: number, method: string, path: string, body?: object): Promise<Answer> {
  const outgoing = request({
    host: "127.0.0.1",
    port,
    method,
    path,
    // Its certificate is self-signed.
    rejectUnauthorized: false,
    headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
  });
  outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  const [response] = await once(outgoing, "response");
  let text = "";
  for await (const chunk of response) text += chunk;
  const isJson = /json/.test(response.headers["content-type"] ?? "");
  return {
    status: response.statusCode,
    warnings: [response.headers["warning"] ?? []].flat(),
    body: isJson ? JSON.parse(text) : text,
  };
}

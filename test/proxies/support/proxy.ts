/** A proxy process, with a configuration from the docs or from a test. */
import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "../../../kit/nats/free-port.ts";
import { eventually } from "../../support/eventually.ts";
import { PROXY_KINDS, type ProxyKind } from "./kinds.ts";

const run = promisify(execFile);
const CONFIGURATIONS = join(import.meta.dirname, "../../../deploy/proxies");
const OUTPUT_LINES = 200;

/** Why this machine can't run that proxy; undefined if it can. */
function proxyFault({ program }: ProxyKind): string | undefined {
  if (process.platform !== "linux") return "the tests use Linux's loopback addresses";
  if (process.getuid?.() !== 0) return "only root can run it as a service does";
  try {
    execFileSync(program, ["--version"], { stdio: "ignore", env: withSystemPath() });
    return undefined;
  } catch (error) {
    // nginx doesn't know --version: it fails, but exists.
    const exists = error instanceof Error && "status" in error && error.status !== null;
    return exists ? undefined : `${program} is missing: run test/proxies/install-tools.sh`;
  }
}

function withSystemPath(more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin:/sbin`, ...more };
}

/** The kinds on this machine; missing ones are left out, by name. */
export function availableProxies(): readonly ProxyKind[] {
  return PROXY_KINDS.filter((kind) => {
    const fault = proxyFault(kind);
    if (fault !== undefined) process.stderr.write(`Left out: ${kind.name} (${fault})\n`);
    return fault === undefined;
  });
}

/** Text of a documented configuration and its replacement in a test; each must occur. */
export type Replacements = readonly (readonly [from: string | RegExp, to: string])[];

/** A configuration as printed in the docs, with these replacements. */
export async function documented(kind: ProxyKind, replacements: Replacements): Promise<string> {
  let text = await readFile(join(CONFIGURATIONS, kind.file), "utf8");
  for (const [from, to] of replacements) {
    const replaced = text.replaceAll(typeof from === "string" ? from : new RegExp(from, "g"), to);
    if (replaced === text) throw new Error(`${kind.file} has no ${from}`);
    text = replaced;
  }
  return text;
}

async function isAnswered(url: string): Promise<boolean> {
  return await fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
}

export class ProxyProcess {
  readonly kind: ProxyKind;
  /** Where it listens on 127.0.0.1. */
  readonly port: number;
  /** The first lines of its output. */
  readonly output: string[] = [];
  readonly #folder: string;
  readonly #child: ChildProcess;

  private constructor(kind: ProxyKind, port: number, folder: string) {
    this.kind = kind;
    this.port = port;
    this.#folder = folder;
    const { args, env } = kind.command(folder, this.#config);
    // Ends with this process, however that ends: nothing is left behind.
    const tied = ["--pdeathsig", "TERM", kind.program, ...args];
    this.#child = spawn("setpriv", tied, { env: withSystemPath(env) });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        if (this.output.length < OUTPUT_LINES) this.output.push(text);
      });
    }
  }

  /**
   * Starts a proxy and resolves when it answers.
   * @param config its configuration, which listens on this port
   * @param url the URL that must be answered with a 2xx status
   * @throws Error with its output if it ends instead
   */
  static async start(
    kind: ProxyKind,
    port: number,
    config: string,
    url: string,
  ): Promise<ProxyProcess> {
    const folder = await mkdtemp(join(tmpdir(), "ovation-proxy-"));
    const path = join(folder, kind.file);
    await writeFile(path, `${kind.preamble?.(await freePort()) ?? ""}${config}`);
    for (const [name, text] of Object.entries(kind.files?.(folder, path, config) ?? {})) {
      await writeFile(join(folder, name), text);
    }
    const proxy = new ProxyProcess(kind, port, folder);
    try {
      await eventually(async () => {
        proxy.#requireRunning();
        return await isAnswered(url);
      });
    } catch (error) {
      await proxy.stop();
      throw error;
    }
    return proxy;
  }

  get #config(): string {
    return join(this.#folder, this.kind.file);
  }

  /** Reloads its configuration, as an operator would; open connections may stay. */
  async reload(): Promise<void> {
    const { reload, program } = this.kind;
    if (reload === undefined) throw new Error(`${this.kind.name} can't reload`);
    if (typeof reload === "string") this.#child.kill(reload);
    else await run(program, [...reload, "--config", this.#config]);
  }

  /** Stops it at once. */
  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const exit = once(this.#child, "exit");
      // For each of these proxies, SIGTERM means a fast stop, workers included.
      this.#child.kill("SIGTERM");
      await exit;
    }
    await rm(this.#folder, { recursive: true, force: true });
  }

  #requireRunning(): void {
    if (this.#child.exitCode === null && this.#child.signalCode === null) return;
    throw new Error(`${this.kind.name} ended:\n${this.output.join("")}`);
  }
}

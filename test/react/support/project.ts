/** A project like an application's: copied out of the repository, with the packed client installed. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { signalIfAlive } from "../../support/signal.ts";

const root = join(import.meta.dirname, "../../..");

/** A command's output and exit code. */
export interface Ran {
  readonly code: number | null;
  readonly output: string;
}

export class Project {
  readonly folder: string;
  readonly #name: string;
  readonly #env: NodeJS.ProcessEnv;
  #server: ChildProcess | undefined;

  /** @param env variables in addition to this process's */
  constructor(name: string, env: NodeJS.ProcessEnv) {
    this.#name = name;
    this.folder = join(root, ".cache/react", name);
    const { NODE_ENV: _, VITEST: __, ...own } = process.env;
    this.#env = { ...own, ...env, NEXT_TELEMETRY_DISABLED: "1" };
  }

  /** Copies the project to the cache, and installs its dependencies, most of which are cached. */
  async install(): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    for (const name of await readdir(this.folder)) {
      const stays = ["node_modules", "package-lock.json"].includes(name);
      if (!stays) await rm(join(this.folder, name), { recursive: true });
    }
    await cp(join(root, "test/react", this.#name), this.folder, { recursive: true });
    await this.#succeeds("npm", ["run", "build:sdk"], root);
    const { version } = JSON.parse(await readFile(join(root, "sdk/package.json"), "utf8")) as {
      version: string;
    };
    // Reinstalled each time: npm would keep one of the same version.
    await rm(join(this.folder, "node_modules/ovation-client"), { recursive: true, force: true });
    await this.#succeeds("npm", ["install"]);
    const tarball = join(root, `ovation-client-${version}.tgz`);
    await this.#succeeds("npm", ["install", "--no-save", tarball]);
  }

  async run(command: string, args: readonly string[], cwd = this.folder): Promise<Ran> {
    const child = spawn(command, args, { cwd, env: this.#env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text;
      });
    }
    const [code] = (await once(child, "close")) as [number | null];
    return { code, output };
  }

  /** Starts a server, and resolves once it answers at the URL. */
  async serve(command: string, args: readonly string[], url: string): Promise<void> {
    const child = spawn(join(this.folder, "node_modules/.bin", command), args, {
      cwd: this.folder,
      env: this.#env,
      stdio: "inherit",
      // A group of its own: it may have children.
      detached: true,
    });
    this.#server = child;
    while ((await fetch(url).catch(() => undefined)) === undefined) {
      if (child.exitCode !== null) throw new Error(`${command} ended with ${child.exitCode}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async stop(): Promise<void> {
    const child = this.#server;
    this.#server = undefined;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, "close");
    // With SIGTERM, a server with open event streams would wait for their end.
    signalIfAlive(-child.pid, "SIGKILL");
    await closed;
  }

  async #succeeds(command: string, args: readonly string[], cwd?: string): Promise<void> {
    const { code, output } = await this.run(command, args, cwd);
    if (code !== 0) throw new Error(`${command} ${args.join(" ")}: ${output}`);
  }
}

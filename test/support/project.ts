/** A project like an application's: copied out of the repository, with the packed client installed. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, readdir, readFile, rm } from "node:fs/promises";
import { basename, delimiter, join } from "node:path";
import { signalIfAlive } from "./signal.ts";

const root = join(import.meta.dirname, "../..");
/** Projects keep their paths in it, so those that a project refers to by `../` have their places too. */
const CACHE = join(root, ".cache/projects");
/** What stays from one run to the next. */
const KEPT = ["node_modules", "package-lock.json"];

/** Our packages, and their folders. */
const OURS: Readonly<Record<string, string>> = {
  "ovation-client": "sdk",
  "ovation-server": "server-sdk",
};

/** A command's output and exit code. */
export interface Ran {
  readonly code: number | null;
  readonly output: string;
}

interface Manifest {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

async function manifestOf(folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as Manifest;
}

export class Project {
  readonly folder: string;
  readonly #source: string;
  readonly #env: NodeJS.ProcessEnv;
  #server: ChildProcess | undefined;

  /**
   * @param source its folder, from the root
   * @param env variables in addition to this process's
   */
  constructor(source: string, env: NodeJS.ProcessEnv) {
    this.#source = source;
    this.folder = join(CACHE, source);
    const { NODE_ENV: _, VITEST: __, ...own } = process.env;
    this.#env = { ...own, ...env, NEXT_TELEMETRY_DISABLED: "1", EXPO_NO_TELEMETRY: "1" };
  }

  /**
   * Copies the project to the cache, and installs our packed packages and its other dependencies, most
   * of which are cached. Ours are where `file:` in an example's package.json says; a project that names
   * none gets the client.
   */
  async install(): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    for (const name of await readdir(this.folder)) {
      if (!KEPT.includes(name)) await rm(join(this.folder, name), { recursive: true });
    }
    const filter = (path: string) => !KEPT.includes(basename(path));
    await cp(join(root, this.#source), this.folder, { recursive: true, filter });
    const { dependencies = {} } = await manifestOf(this.folder);
    const named = Object.keys(OURS).filter((name) => name in dependencies);
    const tarballs: string[] = [];
    for (const name of named.length === 0 ? ["ovation-client"] : named) {
      const source = OURS[name] ?? "";
      const { version } = await manifestOf(join(root, source));
      await this.#succeeds("npm", ["pack", `./${source}`, "--pack-destination", CACHE], root);
      // Reinstalled each time: npm would keep one of the same version.
      await rm(join(this.folder, "node_modules", name), { recursive: true, force: true });
      tarballs.push(join(CACHE, `${name}-${version}.tgz`));
    }
    // The lockfile would have the hash of the last ones.
    if (named.length > 0) await this.#forgetOurs();
    await this.#succeeds("npm", ["install"]);
    if (named.length === 0) await this.#succeeds("npm", ["install", "--no-save", ...tarballs]);
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
    const PATH = [join(this.folder, "node_modules/.bin"), this.#env["PATH"]].join(delimiter);
    const child = spawn(command, args, {
      cwd: this.folder,
      env: { ...this.#env, PATH },
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

  async #forgetOurs(): Promise<void> {
    for (const lock of ["package-lock.json", "node_modules/.package-lock.json"]) {
      await rm(join(this.folder, lock), { force: true });
    }
  }

  async #succeeds(command: string, args: readonly string[], cwd?: string): Promise<void> {
    const { code, output } = await this.run(command, args, cwd);
    if (code !== 0) throw new Error(`${command} ${args.join(" ")}: ${output}`);
  }
}

/** A Postgres server of Debian's package, with a store of its own. */
import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { globSync } from "node:fs";
import { chown, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "../../../kit/nats/free-port.ts";
import { eventually } from "../../support/eventually.ts";

const run = promisify(execFile);
const [BIN] = globSync("/usr/lib/postgresql/*/bin").sort().reverse();
const PATIENCE_MS = 60_000;

/** Whether there is a Postgres; the test is left out where there is none. */
export const hasPostgres = BIN !== undefined;

/** Postgres refuses to run as root. */
function userOf(): { readonly uid?: number; readonly gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string) => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}

export class Postgres {
  readonly url: string;
  readonly #folder: string;
  readonly #port: number;
  readonly #user = userOf();
  #server: ChildProcess | undefined;

  private constructor(folder: string, port: number) {
    this.#folder = folder;
    this.#port = port;
    this.url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  }

  static async start(): Promise<Postgres> {
    const folder = await mkdtemp(join(tmpdir(), "ovation-postgres-"));
    const postgres = new Postgres(folder, await freePort());
    const { uid, gid } = postgres.#user;
    if (uid !== undefined && gid !== undefined) await chown(folder, uid, gid);
    const args = ["-D", join(folder, "data"), "-U", "postgres", "-A", "trust", "--no-sync"];
    await run(`${BIN}/initdb`, args, { ...postgres.#user, cwd: folder });
    await postgres.restart();
    return postgres;
  }

  /** Starts it again after a {@link kill9}, and resolves when it answers. */
  async restart(): Promise<void> {
    const settings = [`port=${this.#port}`, "listen_addresses=127.0.0.1"];
    settings.push(`unix_socket_directories=${this.#folder}`);
    const args = ["-D", join(this.#folder, "data"), ...settings.flatMap((one) => ["-c", one])];
    await eventually(async () => {
      // Children of one that was killed may hold its memory for a moment: it then refuses to start.
      const isOver = this.#server === undefined || this.#server.exitCode !== null;
      if (isOver) {
        const options = { ...this.#user, cwd: this.#folder, stdio: "ignore" } as const;
        this.#server = spawn(`${BIN}/postgres`, args, options);
      }
      return await this.query("SELECT 1").then(
        () => true,
        () => false,
      );
    }, PATIENCE_MS);
  }

  /** The rows, fields separated by `|`. */
  async query(sql: string): Promise<string[]> {
    const { stdout } = await run("psql", ["-X", "-A", "-t", "-q", "-c", sql, this.url], {
      maxBuffer: 2 ** 28,
    });
    return stdout.split("\n").filter((row) => row !== "");
  }

  /** Ends it as a crash would; its store stays. */
  async kill9(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined || server.exitCode !== null) return;
    const exit = once(server, "exit");
    server.kill("SIGKILL");
    await exit;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    if (server !== undefined && server.exitCode === null) {
      const exit = once(server, "exit");
      server.kill("SIGINT");
      await exit;
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}

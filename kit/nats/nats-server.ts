/** A nats-server with JetStream that this process starts, stops and restarts. */
import { randomUUID } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { NatsPasswords } from "./access.ts";
import { freePort } from "./free-port.ts";
import { type GuardedProcess, type ServerExit, spawnGuarded } from "./guarded.ts";
import { type NatsRun, natsLaunch } from "./launch.ts";
import { waitUntilReady } from "./probe.ts";
import type { NatsServerSource } from "./source.ts";

/** What to start. */
export interface NatsServerOptions {
  readonly source: NatsServerSource;
  /** 0, the default: a free port, which it keeps across restarts. */
  readonly port?: number;
  /** Where JetStream keeps its data; created if missing. */
  readonly storeDir: string;
  readonly host?: string;
  /** The server's own name; needed in a cluster, where it must stay the same. */
  readonly name?: string;
  readonly extraArgs?: readonly string[];
  /** Passwords of the users in `deploy/nats/ovation.conf`. When unset, everybody may do everything. */
  readonly passwords?: NatsPasswords;
  /** How long it may take until JetStream is up. */
  readonly readyMs?: number;
}

/** A running nats-server. Its methods must not be called concurrently. */
export interface NatsServer {
  readonly url: string;
  readonly port: number;
  readonly storeDir: string;
  readonly version: string;
  /** Of the current server process; with Docker, of its `docker run`. */
  readonly pid: number;
  /** Of the current server process: a restart creates a new promise. */
  readonly exited: Promise<ServerExit>;
  /** The server's last output. */
  outputTail(): string;
  /** Ends it with SIGTERM, then SIGKILL after 10 s. Safe to call twice. The store stays. */
  stop(): Promise<void>;
  /** Ends it with SIGKILL, as a crash would. */
  kill9(): Promise<void>;
  /** Kills it if it runs, and starts it on the same port. */
  restart(how?: NatsRestart): Promise<void>;
}

/** How to restart a server. */
export interface NatsRestart {
  /** With an empty store instead of its previous one. */
  readonly wipe?: boolean;
  /** False: without JetStream, leaving its store unchanged. */
  readonly jetStream?: boolean;
}

const READY_MS = 30_000;
const MOST_PORTS_TRIED = 5;
const LAST_LINES = 10;

interface Running {
  readonly process: GuardedProcess;
  readonly version: string;
}

/** The server's own error message, or else its last output. */
function lastFaultOf(output: string): string {
  const lines = output.split("\n");
  const fatal = lines.filter((line) => line.includes("[FTL]"));
  return (fatal.length > 0 ? fatal : lines.slice(-LAST_LINES)).join("\n");
}

async function launch(run: NatsRun, readyMs: number): Promise<Running> {
  await mkdir(run.storeDir, { recursive: true });
  const process = await spawnGuarded(natsLaunch(run));
  const ended = new AbortController();
  process.exited.then(() => ended.abort());
  try {
    const { host, port, name, jetStream } = run;
    const target = { host, port, name, jetStream };
    return { process, version: await waitUntilReady(target, readyMs, ended.signal) };
  } catch (cause) {
    const reason = ended.signal.aborted ? "nats-server ended at once" : String(cause);
    await process.kill();
    throw new Error(`${reason}\n${lastFaultOf(process.tail.text())}`, { cause });
  }
}

class LocalNatsServer implements NatsServer {
  readonly url: string;
  readonly #run: NatsRun;
  readonly #readyMs: number;
  #running: Running;

  constructor(run: NatsRun, readyMs: number, running: Running) {
    this.url = `nats://${run.host}:${run.port}`;
    this.#run = run;
    this.#readyMs = readyMs;
    this.#running = running;
  }

  get port(): number {
    return this.#run.port;
  }

  get storeDir(): string {
    return this.#run.storeDir;
  }

  get version(): string {
    return this.#running.version;
  }

  get pid(): number {
    return this.#running.process.pid;
  }

  get exited(): Promise<ServerExit> {
    return this.#running.process.exited;
  }

  outputTail(): string {
    return this.#running.process.tail.text();
  }

  stop(): Promise<void> {
    return this.#running.process.stop();
  }

  kill9(): Promise<void> {
    return this.#running.process.kill();
  }

  async restart({ wipe = false, jetStream = true }: NatsRestart = {}): Promise<void> {
    await this.kill9();
    // Only what nats-server created there: the folder may belong to a user.
    if (wipe) await rm(join(this.storeDir, "jetstream"), { recursive: true, force: true });
    this.#running = await launch({ ...this.#run, jetStream }, this.#readyMs);
  }
}

/** Starts a nats-server. Resolves when it serves and its JetStream is up; throws if that fails. */
export async function startNatsServer(options: NatsServerOptions): Promise<NatsServer> {
  const {
    source,
    storeDir,
    passwords,
    extraArgs = [],
    host = "127.0.0.1",
    readyMs = READY_MS,
  } = options;
  const name = options.name ?? `ovation-${randomUUID()}`;
  const anyPort = (options.port ?? 0) === 0;
  for (let tries = 1; ; tries += 1) {
    const port = anyPort ? await freePort(host) : (options.port ?? 0);
    const run: NatsRun = { source, storeDir, passwords, extraArgs, host, name, port };
    try {
      return new LocalNatsServer(run, readyMs, await launch(run, readyMs));
    } catch (error) {
      // A port that was free a moment ago may have been taken since.
      const taken = String(error).includes("address already in use");
      if (!anyPort || !taken || tries === MOST_PORTS_TRIED) throw error;
    }
  }
}

/** The whole of Ovation on one machine: what it is made of, and the order of start and stop. */
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { forEachLimited } from "../../shared/parallel.ts";
import type { RunningStack } from "./banner.ts";
import { childLaunch } from "./child.ts";
import { Kept, type Launch } from "./kept.ts";
import { LogFile } from "./log-file.ts";
import { findNatsServer } from "./nats/find-nats-server.ts";
import { freePort } from "./nats/free-port.ts";
import { natsLaunch } from "./nats.ts";
import type { Options } from "./options.ts";
import { freePorts, gatewayPortFault, portFaultText } from "./ports.ts";
import type { Say } from "./say.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const LOG_DIRECTORY = join(ROOT, ".cache", "local", "logs");
/** Starting is work for the processor: all at once, each would be slow to answer. */
const STARTED_AT_ONCE = 4;
/** How long a kill may take until it shows. */
const KILL_MS = 2_000;

interface Member {
  readonly kept: Kept;
  readonly opsPort: number;
}

export class Stack {
  readonly #options: Options;
  readonly #env: NodeJS.ProcessEnv;
  readonly #say: Say;
  #storeDir: string | undefined;
  #nats: Kept | undefined;
  #natsUrl = "";
  #dispatchers: readonly Member[] = [];
  #gateways: readonly Member[] = [];
  #stopped: Promise<void> | undefined;

  constructor(options: Options, env: NodeJS.ProcessEnv, say: Say) {
    this.#options = options;
    this.#env = env;
    this.#say = say;
  }

  /**
   * Starts everything, and resolves when it works.
   * @throws when a part does not start; what runs by then must still be stopped
   */
  async start(): Promise<RunningStack> {
    const { gateways, dispatchers, port, nats } = this.#options;
    const fault = await gatewayPortFault(port);
    if (fault !== undefined) throw new Error(portFaultText(fault));
    this.#say.step(
      `Starting ${counted(gateways, "gateway")} on port ${port} and ${counted(dispatchers, "dispatcher")} (pid ${process.pid})`,
    );
    this.#say.step(`What they log goes to ${LOG_DIRECTORY}`);
    if (nats === undefined) await this.#startNats();
    else this.#say.step(`NATS is that of ${nats.shownUrl}`);
    const opsPorts = await freePorts(gateways + dispatchers);
    this.#throwIfStopped();
    this.#dispatchers = opsPorts
      .slice(gateways)
      .map((opsPort, index) => this.#role("dispatcher", index + 1, opsPort, []));
    const gatewayArgs = ["--host", "127.0.0.1", "--port", String(port), "--share-port"];
    this.#gateways = opsPorts
      .slice(0, gateways)
      .map((opsPort, index) => this.#role("gateway", index + 1, opsPort, gatewayArgs));
    // Dispatchers first: a gateway that is ready has somebody to send its publishes to.
    await startAll(this.#dispatchers);
    await startAll(this.#gateways);
    return {
      port,
      natsUrl: nats?.shownUrl ?? this.#natsUrl,
      processes: [...this.#gateways, ...this.#dispatchers].map(({ kept, opsPort }) => {
        return { name: kept.name, pid: kept.pid, opsPort };
      }),
      logDirectory: LOG_DIRECTORY,
      pid: process.pid,
    };
  }

  /** Stops everything, those first that others don't need. Safe to call twice, and during start. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stopAll();
    return this.#stopped;
  }

  /** Ends everything at once. */
  async kill(): Promise<void> {
    for (const kept of this.#everything()) kept.kill();
    // What would not even die is left to its IPC channel, which closes with this process.
    const timeUp = AbortSignal.timeout(KILL_MS);
    await Promise.race([
      this.stop(),
      new Promise<void>((resolve) => timeUp.addEventListener("abort", () => resolve())),
    ]);
    await this.#removeStore();
  }

  async #startNats(): Promise<void> {
    const source = await findNatsServer({ log: (line) => this.#say.step(line) });
    const port = await freePort();
    this.#throwIfStopped();
    // In one breath with the look whether it is still wanted, so that it can't be left behind.
    const storeDir = mkdtempSync(join(tmpdir(), "ovation-local-"));
    this.#storeDir = storeDir;
    const log = new LogFile(LOG_DIRECTORY, "nats");
    this.#natsUrl = `nats://127.0.0.1:${port}`;
    this.#nats = this.#keep("nats", natsLaunch({ source, port, storeDir, log }));
    await this.#nats.start();
  }

  #role(role: string, number: number, opsPort: number, roleArgs: readonly string[]): Member {
    const name = `${role}-${number}`;
    const ops = ["--ops-host", "127.0.0.1", "--ops-port", String(opsPort)];
    const given = this.#options.nats;
    // By the environment, a URL with a password in it is not for everybody to read.
    const natsArgs = given === undefined ? ["--nats-url", this.#natsUrl] : [];
    const natsEnv = given === undefined ? {} : { OVATION_NATS_URL: given.url };
    const launch = childLaunch({
      args: [join(ROOT, role, "main.ts"), ...roleArgs, ...ops, ...natsArgs],
      env: { ...this.#env, ...natsEnv },
      readyUrl: `http://127.0.0.1:${opsPort}/readyz`,
      log: new LogFile(LOG_DIRECTORY, name),
    });
    return { kept: this.#keep(name, launch), opsPort };
  }

  #keep(name: string, launch: Launch): Kept {
    return new Kept({ name, launch, say: this.#say });
  }

  #everything(): readonly Kept[] {
    const members = [...this.#gateways, ...this.#dispatchers].map(({ kept }) => kept);
    return this.#nats === undefined ? members : [...members, this.#nats];
  }

  async #stopAll(): Promise<void> {
    // The gateways first: they still need dispatchers for what they have under way.
    for (const [name, members] of [
      ["gateways", this.#gateways],
      ["dispatchers", this.#dispatchers],
    ] as const) {
      if (members.length === 0) continue;
      this.#say.step(`Stopping the ${name}`);
      await stopAll(members);
    }
    if (this.#nats !== undefined) {
      this.#say.step("Stopping nats");
      await this.#nats.stop();
    }
    await this.#removeStore();
  }

  async #removeStore(): Promise<void> {
    if (this.#storeDir === undefined) return;
    // A server that is just being killed may write a last file meanwhile.
    await rm(this.#storeDir, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Where a start waited for something, a stop may have gone by that found nothing to stop yet. */
  #throwIfStopped(): void {
    if (this.#stopped !== undefined) throw new Error("stopped meanwhile");
  }
}

function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? "" : "s"}`;
}

function startAll(members: readonly Member[]): Promise<void> {
  return forEachLimited(members, STARTED_AT_ONCE, ({ kept }) => kept.start());
}

async function stopAll(members: readonly Member[]): Promise<void> {
  await Promise.all(members.map(({ kept }) => kept.stop()));
}

/** All of Ovation on one machine: its parts, and the order in which they start and stop. */

import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pMap from "p-map";
import { buildPage } from "../../demo/build.ts";
import type { Role } from "../../demo/contract.ts";
import { Demo } from "../../demo/demo.ts";
import type { Watched } from "../../demo/live/live.ts";
import { LogFile } from "../../kit/log-file.ts";
import { type Launch, ManagedProcess } from "../../kit/managed-process.ts";
import { type NatsPasswords, randomPasswords } from "../../kit/nats/access.ts";
import { findNatsServer } from "../../kit/nats/find-nats-server.ts";
import { freePort } from "../../kit/nats/free-port.ts";
import { freePorts, gatewayPortFault, portFaultText } from "../../kit/ports.ts";
import { opsUrl, roleLaunch, type ServerRole } from "../../kit/role-process.ts";
import type { Say } from "../../kit/say.ts";
import { loopbackHosts } from "../../shared/runtime/listen-hosts.ts";
import { buildClient, CLIENT_FOLDER } from "../client/bundle.ts";
import { stackAuth } from "./auth.ts";
import { type RunningStack, VIDEO } from "./banner.ts";
import { natsLaunch } from "./nats.ts";
import type { Options } from "./options.ts";
import { commonConfig, natsUrlOf, pagePolicy, roleEnv, roleFlags } from "./roles.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const LOG_DIRECTORY = join(ROOT, ".cache", "local", "logs");
/** Starting takes processor time: if all started at once, each would be slow to answer. */
const START_CONCURRENCY = 4;
const HOOKS_SECRET_BYTES = 32;
/** How long killed processes may take to end. */
const KILL_MS = 2_000;

interface Member {
  readonly managed: ManagedProcess;
  readonly role: Role;
  readonly opsPort: number;
}

export class Stack {
  readonly #options: Options;
  readonly #env: NodeJS.ProcessEnv;
  readonly #say: Say;
  /** What the stack needs on disk while it runs: NATS's store and the page. */
  #directory: string | undefined;
  #page: Promise<unknown> | undefined;
  #controlPort = 0;
  #nats: ManagedProcess | undefined;
  #dispatchers: readonly Member[] = [];
  #gateways: readonly Member[] = [];
  #hooks: ManagedProcess | undefined;
  #demo: Demo | undefined;
  #stopped: Promise<void> | undefined;

  constructor(options: Options, env: NodeJS.ProcessEnv, say: Say) {
    this.#options = options;
    this.#env = env;
    this.#say = say;
  }

  /**
   * Starts everything, and resolves when it is ready.
   * @throws when a part does not start; the parts that already run must still be stopped
   */
  async start(): Promise<RunningStack> {
    const { gateways, dispatchers, port, audience, nats } = this.#options;
    const fault = await gatewayPortFault(port);
    if (fault !== undefined) throw new Error(portFaultText(fault));
    this.#say.step(
      `Starting ${counted(gateways, "gateway")} on port ${port} and ${counted(dispatchers, "dispatcher")} (pid ${process.pid})`,
    );
    this.#say.step(`Logs go to ${LOG_DIRECTORY}`);
    const [controlPort = 0, audienceOpsPort = 0, hooksOpsPort = 0, ...opsPorts] = await freePorts(
      3 + gateways + dispatchers,
    );
    this.#throwIfStopped();
    this.#controlPort = controlPort;
    // Synchronously after the check for a stop, so that the folder can't be left behind.
    this.#directory = mkdtempSync(join(tmpdir(), "ovation-local-"));
    const { auth: requiresToken } = this.#options;
    this.#page = Promise.all([
      buildPage(this.#pageDirectory, { controlPort, video: VIDEO, requiresToken }),
      buildClient(),
    ]);
    this.#page.catch(() => undefined); // Reported by the `await` below.
    const ownNats = nats === undefined ? await this.#startNats() : undefined;
    if (nats !== undefined) this.#say.step(`Using the NATS at ${nats.shownUrl}`);
    await this.#page;
    this.#throwIfStopped();
    const auth = this.#options.auth ? await stackAuth(this.#env) : undefined;
    const natsChoice = nats ?? ownNats ?? { url: "" };
    const { kinds } = this.#options;
    const env = kinds === undefined ? this.#env : { ...this.#env, OVATION_KINDS: kinds };
    const config = commonConfig(env, natsChoice, auth?.secret);
    const envOf = (role: ServerRole) => roleEnv(env, config, natsChoice, role, auth?.secret);
    const members = opsPorts.map((opsPort, index) =>
      index < gateways
        ? this.#role("gateway", opsPort, index + 1, envOf("gateway"))
        : this.#role("dispatcher", opsPort, index + 1 - gateways, envOf("dispatcher")),
    );
    this.#gateways = members.slice(0, gateways);
    this.#dispatchers = members.slice(gateways);
    this.#demo = new Demo({
      video: VIDEO,
      port,
      controlPort,
      opsPort: audienceOpsPort,
      audienceLevel: audience,
      config,
      natsUrls: {
        observer: [natsUrlOf(natsChoice, "observer")],
        publisher: [natsUrlOf(natsChoice, "publisher")],
      },
      token: auth?.internalToken,
      env: this.#env,
      logDirectory: LOG_DIRECTORY,
      processes: this.#watched(),
      say: this.#say,
    });
    // Dispatchers first: a ready gateway needs one for its publish requests.
    await startAll(this.#dispatchers);
    await startAll(this.#gateways);
    const hooksSecret = await this.#startHooks(hooksOpsPort, () => envOf("hooks"));
    await this.#demo.start();
    return {
      port,
      natsUrl: nats?.shownUrl ?? natsChoice.url,
      publisherUrl: nats === undefined ? natsUrlOf(natsChoice, "publisher") : undefined,
      consumerUrl: nats === undefined ? natsUrlOf(natsChoice, "consumer") : undefined,
      observerUrl: nats === undefined ? natsUrlOf(natsChoice, "observer") : undefined,
      processes: [...this.#gateways, ...this.#dispatchers].map(({ managed, opsPort }) => {
        return { name: managed.name, pid: managed.pid, opsPort };
      }),
      logDirectory: LOG_DIRECTORY,
      pid: process.pid,
      tokens: auth?.tokens,
      hooksSecret,
    };
  }

  /** Stops everything, dependents first. Safe to call twice, and during start. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stopAll();
    return this.#stopped;
  }

  /** Ends everything at once. */
  async kill(): Promise<void> {
    this.#demo?.kill();
    for (const managed of this.#everything()) managed.kill();
    // A process that survives this ends with its IPC channel, which closes with this process.
    const timeUp = AbortSignal.timeout(KILL_MS);
    await Promise.race([
      this.stop(),
      new Promise<void>((resolve) => timeUp.addEventListener("abort", () => resolve())),
    ]);
    await this.#removeFiles();
  }

  /** @returns the secret that webhooks are signed with; undefined where none are sent */
  async #startHooks(opsPort: number, env: () => NodeJS.ProcessEnv): Promise<string | undefined> {
    const { hooks: url } = this.#options;
    if (url === undefined) return undefined;
    const secret = `whsec_${randomBytes(HOOKS_SECRET_BYTES).toString("base64")}`;
    const file = join(this.#directory ?? "", "hooks-secret");
    writeFileSync(file, secret, { mode: 0o600 });
    const flags = ["--hooks-url", url, "--hooks-secret-file", file];
    const log = new LogFile(LOG_DIRECTORY, "hooks");
    const launch = roleLaunch({ role: "hooks", opsPort, flags, env: env(), log });
    this.#hooks = this.#manage("hooks", launch);
    await this.#hooks.start();
    return secret;
  }

  /** Starts NATS with random passwords that only this stack knows. */
  async #startNats(): Promise<{ readonly url: string; readonly passwords: NatsPasswords }> {
    const source = await findNatsServer({ log: (line) => this.#say.step(line) });
    const port = await freePort();
    this.#throwIfStopped();
    const storeDir = join(this.#directory ?? "", "nats");
    mkdirSync(storeDir);
    const log = new LogFile(LOG_DIRECTORY, "nats");
    const passwords = randomPasswords();
    this.#nats = this.#manage("nats", natsLaunch({ source, port, storeDir, passwords, log }));
    await this.#nats.start();
    return { url: `nats://127.0.0.1:${port}`, passwords };
  }

  #role(
    role: Exclude<ServerRole, "hooks">,
    opsPort: number,
    number: number,
    env: NodeJS.ProcessEnv,
  ): Member {
    const name = `${role}-${number}`;
    const { port, allowedOrigins } = this.#options;
    const gatewayArgs = [
      ...["--allowed-origins", allowedOrigins],
      ...["--host", loopbackHosts(), "--port", String(port), "--share-port"],
      ...["--page-dir", this.#pageDirectory],
      ...["--client-dir", CLIENT_FOLDER],
      ...["--page-policy", pagePolicy(this.#controlPort)],
    ];
    const flags = roleFlags(role, name, role === "gateway" ? gatewayArgs : []);
    const launch = roleLaunch({ role, opsPort, flags, env, log: new LogFile(LOG_DIRECTORY, name) });
    return { managed: this.#manage(name, launch), role, opsPort };
  }

  /** The processes that a page shows. */
  #watched(): readonly Watched[] {
    const nats = this.#nats === undefined ? [] : [{ managed: this.#nats, role: "nats" } as const];
    const members = [...this.#gateways, ...this.#dispatchers].map(({ managed, role, opsPort }) => {
      return { managed, role, metricsUrl: `${opsUrl(opsPort)}/metrics` };
    });
    return [...nats, ...members];
  }

  #manage(name: string, launch: Launch): ManagedProcess {
    return new ManagedProcess({
      name,
      launch,
      say: this.#say,
      onChange: () => this.#demo?.notify(),
    });
  }

  #everything(): readonly ManagedProcess[] {
    const roles = [...this.#gateways, ...this.#dispatchers].map(({ managed }) => managed);
    const members = this.#hooks === undefined ? roles : [...roles, this.#hooks];
    return this.#nats === undefined ? members : [...members, this.#nats];
  }

  async #stopAll(): Promise<void> {
    await this.#demo?.stop();
    await this.#hooks?.stop();
    // The gateways first: they still need dispatchers for their requests in flight.
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
    await this.#removeFiles();
  }

  get #pageDirectory(): string {
    return join(this.#directory ?? "", "page");
  }

  async #removeFiles(): Promise<void> {
    if (this.#directory === undefined) return;
    // A build in progress would recreate what is removed here.
    await this.#page?.catch(() => undefined);
    // A server that is being killed may still write a last file.
    await rm(this.#directory, { recursive: true, force: true, maxRetries: 5 });
  }

  /** While start was waiting, a stop may have run that found nothing to stop yet. */
  #throwIfStopped(): void {
    if (this.#stopped !== undefined) throw new Error("stopped during the start");
  }
}

function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? "" : "s"}`;
}

async function startAll(members: readonly Member[]): Promise<void> {
  await pMap(members, ({ managed }) => managed.start(), { concurrency: START_CONCURRENCY });
}

async function stopAll(members: readonly Member[]): Promise<void> {
  await Promise.all(members.map(({ managed }) => managed.stop()));
}

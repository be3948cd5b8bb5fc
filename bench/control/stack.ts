/** All of Ovation as processes on this machine, each gateway on its own port. */
import { join } from "node:path";
import { LogFile } from "../../kit/log-file.ts";
import type { ProcessRun } from "../../kit/managed-process.ts";
import {
  type NatsPasswords,
  type NatsUser,
  randomPasswords,
  urlAs,
} from "../../kit/nats/access.ts";
import { findNatsServer } from "../../kit/nats/find-nats-server.ts";
import { startNatsServer } from "../../kit/nats/nats-server.ts";
import { withOwnStore } from "../../kit/nats/own-store.ts";
import { freePorts } from "../../kit/ports.ts";
import { opsUrl, roleLaunch, type ServerRole } from "../../kit/role-process.ts";
import type { Target } from "../../kit/websocket/raw-socket.ts";
import { type Link, LOOPBACK } from "./link.ts";
import type { ServerProcess, System } from "./system.ts";

const LOGS = join(import.meta.dirname, "..", "..", ".cache", "bench", "logs");

export interface StackOptions {
  readonly gateways: number;
  readonly dispatchers: number;
  /** Flags for every gateway, and for every dispatcher. */
  readonly gatewayFlags?: readonly string[];
  readonly dispatcherFlags?: readonly string[];
  /** The folder where gateways and dispatchers write a CPU profile when they stop. */
  readonly profileDirectory?: string | undefined;
  /** Between the gateways and the generator; by default, the loopback. */
  readonly link?: Link;
  readonly onStep: (text: string) => void;
}

interface Role {
  readonly process: ServerProcess;
  readonly run: ProcessRun;
  readonly target: Target;
}

/** The NATS of a run. */
export interface BenchNats {
  readonly url: string;
  readonly process: ServerProcess;
  readonly version: string;
  stop(): Promise<void>;
}

/** A nats-server with an empty store, deleted at the end; with passwords, only its users can log in. */
export async function startNats(
  onStep: (text: string) => void,
  passwords?: NatsPasswords,
): Promise<BenchNats> {
  const source = await findNatsServer({ log: onStep });
  const access = passwords === undefined ? {} : { passwords };
  const server = await withOwnStore((storeDir) => startNatsServer({ source, storeDir, ...access }));
  return {
    url: server.url,
    process: { kind: "nats", name: "nats", pid: server.pid },
    version: server.version,
    stop: () => server.stop(),
  };
}

/**
 * Each publisher stands for many viewers, and all viewers have the same address, so a gateway's limits
 * for one client don't apply here.
 */
const UNLIMITED = [
  "--connections-limit=10000000",
  "--connections-per-address=10000000",
  "--client-share-percent=100",
  "--connections-per-second=10000000",
  "--requests-per-second=1000000",
  "--client-messages-per-second=1000000",
  "--new-videos-per-second=1000000",
  "--connection-publishes-per-second=1000000",
  "--likes-per-second=1000000",
  "--address-publishes-per-second=1000000",
  "--http-publishes-per-second=10000000",
  "--http-requests-per-second=1000000",
  "--request-bytes-per-second=1000000000",
  "--history-bytes-per-second=1000000000",
  "--viewer-body-limit-bytes=1048576",
  "--overload-delay-ms=60000",
];

export class Stack implements System {
  readonly name = "ovation";
  readonly dialect = "ovation";
  readonly #options: StackOptions;
  readonly #roles: Role[] = [];
  readonly #passwords = randomPasswords();
  #nats: BenchNats | undefined;

  private constructor(options: StackOptions) {
    this.#options = options;
  }

  get link(): Link {
    return this.#options.link ?? LOOPBACK;
  }

  /** Starts NATS, the dispatchers and the gateways, and resolves when all are ready. */
  static async start(options: StackOptions): Promise<Stack> {
    const stack = new Stack(options);
    try {
      await stack.#start();
    } catch (error) {
      await stack.stop();
      throw error;
    }
    return stack;
  }

  /** The URL of NATS with a user's login. */
  natsUrlAs(user: NatsUser): string {
    return urlAs(this.#nats?.url ?? "", user, this.#passwords);
  }

  get targets(): readonly Target[] {
    return this.#roles.filter(({ process }) => process.kind === "gateway").map((r) => r.target);
  }

  get processes(): readonly ServerProcess[] {
    const roles = this.#roles.map(({ process }) => process);
    return this.#nats === undefined ? roles : [...roles, this.#nats.process];
  }

  get about(): Readonly<Record<string, string>> {
    const { gateways, dispatchers, gatewayFlags = [], dispatcherFlags = [] } = this.#options;
    return {
      gateways: [String(gateways), ...gatewayFlags].join(" "),
      dispatchers: [String(dispatchers), ...dispatcherFlags].join(" "),
      nats: this.#nats?.version ?? "none",
    };
  }

  /** Ends one process as a crash would, and resolves when it is gone. */
  async kill(name: string): Promise<void> {
    const at = this.#roles.findIndex(({ process }) => process.name === name);
    const [role] = at < 0 ? [] : this.#roles.splice(at, 1);
    if (role === undefined) throw new Error(`no process ${name}`);
    role.run.kill();
    await role.run.ended;
  }

  async stop(): Promise<void> {
    // The gateways first: they still need dispatchers for their requests in flight.
    for (const kind of ["gateway", "dispatcher"]) {
      const ofKind = this.#roles.filter(({ process }) => process.kind === kind);
      for (const { run } of ofKind) run.stop();
      await Promise.all(ofKind.map(({ run }) => run.ended));
    }
    this.#roles.length = 0;
    await this.#nats?.stop();
    this.#nats = undefined;
    this.link.close();
  }

  async #start(): Promise<void> {
    const {
      gateways,
      dispatchers,
      onStep,
      gatewayFlags = [],
      dispatcherFlags = [],
    } = this.#options;
    onStep(`starting NATS, ${dispatchers} dispatchers and ${gateways} gateways`);
    this.#nats = await startNats(onStep, this.#passwords);
    const ports = [...(await freePorts(dispatchers + 2 * gateways))];
    for (let number = 1; number <= dispatchers; number += 1) {
      await this.#launch(
        "dispatcher",
        number,
        { host: LOOPBACK.host, port: 0 },
        ports,
        dispatcherFlags,
      );
    }
    for (let number = 1; number <= gateways; number += 1) {
      const target = { host: this.link.host, port: ports.pop() ?? 0 };
      const address = ["--host", target.host, "--port", String(target.port)];
      const where = ["--open", ...address, ...UNLIMITED];
      await this.#launch("gateway", number, target, ports, [...where, ...gatewayFlags]);
    }
  }

  async #launch(
    role: ServerRole,
    number: number,
    target: Target,
    ports: number[],
    flags: readonly string[],
  ): Promise<void> {
    const name = `${role}-${number}`;
    const opsPort = ports.pop() ?? 0;
    const { profileDirectory } = this.#options;
    const profile =
      profileDirectory === undefined
        ? []
        : [
            "--cpu-prof",
            "--cpu-prof-dir",
            profileDirectory,
            "--cpu-prof-name",
            `${name}.cpuprofile`,
          ];
    const launch = roleLaunch({
      role,
      opsPort,
      flags,
      nodeFlags: profile,
      env: { ...process.env, OVATION_NATS_URL: this.natsUrlAs(role) },
      log: new LogFile(LOGS, name),
    });
    const run = await launch(new AbortController().signal);
    this.link.pin(run.pid);
    const metricsUrl = `${opsUrl(opsPort)}/metrics`;
    this.#roles.push({ process: { kind: role, name, pid: run.pid, metricsUrl }, run, target });
  }
}

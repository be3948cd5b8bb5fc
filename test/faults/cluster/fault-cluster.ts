/**
 * A deployment on a network of its own, and the verbs of the fault tests: start, kill, pause, stop,
 * cut, heal, expect.
 */
import { execFile } from "node:child_process";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NatsConnection } from "nats";
import type { Finding } from "../../../cli/doctor/diagnose.ts";
import { ACCESS_CONFIG, accessEnv, type NatsUser } from "../../../kit/nats/access.ts";
import { findNatsServer } from "../../../kit/nats/find-nats-server.ts";
import type { ServerExit } from "../../../kit/nats/guarded.ts";
import { provideNatsVersion } from "../../../kit/nats/versions.ts";
import type { ServerRole } from "../../../kit/role-process.ts";
import { nodeFlags } from "../../../shared/runtime/node-flags.ts";
import { bundled } from "../../support/bundle.ts";
import { eventually } from "../../support/eventually.ts";
import { connectTo, natsUrlAs, TEST_PASSWORDS } from "../../support/nats-users.ts";
import { setClock, withClock } from "./clock.ts";
import { type Host, Lan } from "./lan.ts";
import { Node } from "./node.ts";
import { SmallDisk } from "./small-disk.ts";

export interface FaultClusterOptions {
  /** How many nats-servers, in one NATS cluster; streams have up to three replicas. */
  readonly nats: number;
  /** Their version; by default `OVATION_TEST_NATS`, or what is installed. */
  readonly natsKind?: "2.9" | "current";
  readonly gateways: number;
  readonly dispatchers: number;
  /** Gateways require tokens signed with this; without it, they are open. */
  readonly secret?: string;
  readonly gatewayFlags?: readonly string[];
  readonly dispatcherFlags?: readonly string[];
  /** Whether the wall clocks of gateways and dispatchers can be set. */
  readonly clocks?: boolean;
  /** Gives each nats-server a disk of this size. */
  readonly diskBytes?: number;
}

const NATS_PORT = 4222;
const NATS_MONITOR_PORT = 8222;
const NATS_ROUTE_PORT = 6222;
/** The users, in a file that can be replaced while the servers run. */
const ACCESS_FILE = "access.conf";
const GATEWAY_PORT = 8080;
const OPS_PORT = 9100;
/** Short, so that a test doesn't take minutes; the ratios are those of the defaults. */
export const LEASE_MS = 3_000;
/** All viewers are at one address: the test's. */
const ONE_ADDRESS = ["--address-publishes-per-second", "1000000", "--client-share-percent", "100"];
const LEASE_FLAGS = ["--lease-ms", String(LEASE_MS), "--lease-renew-ms", "500"];
const RECONCILE_FLAGS = ["--reconcile-interval-ms", "5000"];

export class FaultCluster {
  readonly #lan: Lan;
  readonly #directory: string;
  readonly #nodes = new Map<string, Node>();
  readonly #disks = new Map<string, SmallDisk>();

  private constructor(lan: Lan, directory: string) {
    this.#lan = lan;
    this.#directory = directory;
  }

  /** Starts everything, and resolves when all of it is ready. */
  static async start(options: FaultClusterOptions): Promise<FaultCluster> {
    const directory = await mkdtemp(join(tmpdir(), "ovation-faults-"));
    const cluster = new FaultCluster(await Lan.start(), directory);
    try {
      await cluster.#build(options);
      return cluster;
    } catch (error) {
      await cluster.end();
      throw error;
    }
  }

  node(name: string): Node {
    const node = this.#nodes.get(name);
    if (node === undefined) throw new Error(`there is no ${name}`);
    return node;
  }

  /** All nodes whose name has this prefix: `gateway`, `dispatcher`, `nats`, or a full name. */
  all(prefix: string): readonly Node[] {
    return [...this.#nodes.values()].filter(({ name }) => name.startsWith(prefix));
  }

  /** Where viewers connect. */
  get urls(): readonly string[] {
    return this.all("gateway").map(({ host }) => `http://${host.address}:${GATEWAY_PORT}`);
  }

  urlOf(gateway: string): string {
    return `http://${this.node(gateway).host.address}:${GATEWAY_PORT}`;
  }

  /** {@link urls} as hosts and ports. */
  get targets(): readonly { readonly host: string; readonly port: number }[] {
    return this.all("gateway").map(({ host }) => ({ host: host.address, port: GATEWAY_PORT }));
  }

  /** How many clients are connected to a nats-server. */
  async connectionsOf(nats: string): Promise<number> {
    const { address } = this.node(nats).host;
    const varz = await fetch(`http://${address}:${NATS_MONITOR_PORT}/varz`);
    return (await varz.json()).connections;
  }

  /** The URLs of all nats-servers, with a user's login. */
  natsUrls(user: NatsUser): string {
    return this.all("nats")
      .map((node) => natsUrlAs(user, natsUrl(node)))
      .join(",");
  }

  /** A connection to one of the nats-servers, with all permissions. */
  async admin(name = "nats-1"): Promise<NatsConnection> {
    return await connectTo(natsUrl(this.node(name)));
  }

  /** Starts a stopped node, and resolves when it is ready. */
  async start(name: string): Promise<void> {
    await this.node(name).launch();
    await this.node(name).ready();
  }

  /** Starts several at once, and resolves when all of them are ready. */
  async startAll(names: readonly string[]): Promise<void> {
    const nodes = names.map((name) => this.node(name));
    await Promise.all(nodes.map((node) => node.launch()));
    await Promise.all(nodes.map((node) => node.ready()));
  }

  /** Ends it as a crash would. */
  async kill(name: string): Promise<void> {
    await this.node(name).kill();
  }

  /** Ends it as an operator would. */
  async stop(name: string): Promise<ServerExit | undefined> {
    return await this.node(name).stop();
  }

  pause(name: string): void {
    this.node(name).signal("SIGSTOP");
  }

  resume(name: string): void {
    this.node(name).signal("SIGCONT");
  }

  /** How many clients are connected to a nats-server. */
  async clientsOf(name: string): Promise<number> {
    return (await this.#variables(name)).connections;
  }

  /** How many clients a nats-server has cut off as slow consumers. */
  async slowConsumers(name: string): Promise<number> {
    return (await this.#variables(name)).slow_consumers;
  }

  /** Sets its wall clock to this many seconds from the true time. */
  async setClock(name: string, seconds: number): Promise<void> {
    await setClock(this.#directory, name, seconds);
  }

  /** Reloads every nats-server with the usual configuration, as changed by `edit`. */
  async configureNats(edit: (usual: string) => string = (usual) => usual): Promise<void> {
    await writeFile(this.#access, edit(await readFile(ACCESS_CONFIG, "utf8")));
    for (const node of this.all("nats")) node.signal("SIGHUP");
  }

  /** Silently drops everything between the two, in both directions. */
  async cut(one: string, other: string): Promise<void> {
    await this.cutOneWay(one, other);
    await this.cutOneWay(other, one);
  }

  /** Silently drops everything that `from` sends to `to`. */
  async cutOneWay(from: string, to: string): Promise<void> {
    for (const sender of this.all(from)) {
      for (const receiver of this.all(to)) await this.#lan.drop(sender.host, receiver.host);
    }
  }

  /** Resets every connection to a nats-server, and every attempt, without the server noticing. */
  async reset(nats: string): Promise<void> {
    await this.#lan.reset(this.node(nats).host, NATS_PORT);
  }

  /** Undoes every cut and reset. */
  async heal(): Promise<void> {
    await this.#lan.heal();
  }

  /** Where a nats-server keeps its streams. */
  storeOf(name: string): string {
    return join(this.#directory, name);
  }

  /** The small disk of a nats-server. */
  disk(name: string): SmallDisk {
    const disk = this.#disks.get(name);
    if (disk === undefined) throw new Error(`${name} has no disk of its own`);
    return disk;
  }

  /** Resolves when all nodes whose name has this prefix are ready; by default, all nodes. */
  async ready(prefix = ""): Promise<void> {
    await Promise.all(this.all(prefix).map((node) => node.ready()));
  }

  /** What the doctor reports about the subscription table. */
  async findings(): Promise<readonly Finding[]> {
    const flags = ["--nats-url", this.natsUrls("observer"), "--json", ...LEASE_FLAGS];
    return await new Promise((resolve, reject) => {
      const argv = [bundled("cli/doctor/main.ts"), ...flags];
      execFile(process.execPath, argv, (_, stdout, stderr) => {
        if (stdout === "") reject(new Error(stderr));
        else resolve(JSON.parse(stdout).findings);
      });
    });
  }

  /** Resolves when the doctor finds nothing wrong. */
  async healthyTable(): Promise<void> {
    let last: readonly Finding[] | string = "";
    await eventually(async () => {
      // It can't be read during a leader election.
      last = await this.findings().catch((error: unknown) => String(error));
      return last.length === 0;
    }, 60_000).catch((error: unknown) => {
      throw new Error(`the table is not right: ${JSON.stringify(last)}`, { cause: error });
    });
  }

  /** Stops everything, and leaves nothing behind. */
  async end(): Promise<void> {
    await Promise.all([...this.#nodes.values()].map((node) => node.kill()));
    await this.#lan.stop();
    for (const disk of this.#disks.values()) await disk.remove();
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #variables(name: string): Promise<{ connections: number; slow_consumers: number }> {
    const { address } = this.node(name).host;
    const response = await fetch(`http://${address}:${NATS_MONITOR_PORT}/varz`);
    return (await response.json()) as { connections: number; slow_consumers: number };
  }

  get #access(): string {
    return join(this.#directory, ACCESS_FILE);
  }

  async #build(options: FaultClusterOptions): Promise<void> {
    const { nats, gateways, dispatchers, gatewayFlags = [], dispatcherFlags = [] } = options;
    const { clocks = false } = options;
    await this.#addNats(options);
    const copies = String(Math.min(nats, 3));
    const common = [
      ...["--table-replicas", copies, "--history-replicas", copies],
      ...["--ops-host", "0.0.0.0", "--ops-port", String(OPS_PORT)],
      ...LEASE_FLAGS,
      ...RECONCILE_FLAGS,
    ];
    for (let number = 1; number <= dispatchers; number += 1) {
      const host = await this.#lan.add(`dispatcher-${number}`);
      this.#addRole(host, "dispatcher", [...common, ...dispatcherFlags], clocks);
    }
    const key = options.secret === undefined ? ["--open"] : ["--auth-secret", options.secret];
    const listen = [...key, ...ONE_ADDRESS, "--host", "0.0.0.0", "--port", String(GATEWAY_PORT)];
    for (let number = 1; number <= gateways; number += 1) {
      const host = await this.#lan.add(`gateway-${number}`);
      const address = ["--address", host.name];
      const flags = [...common, ...listen, ...address, ...gatewayFlags];
      this.#addRole(host, "gateway", flags, clocks);
    }
    const roles = [...this.all("dispatcher"), ...this.all("gateway")];
    await Promise.all(roles.map((node) => node.launch()));
    await this.ready();
  }

  async #addNats({ nats: count, natsKind, diskBytes }: FaultClusterOptions): Promise<void> {
    const log = () => undefined;
    const kind = natsKind ?? process.env["OVATION_TEST_NATS"];
    const source = await (kind === "2.9" || kind === "current"
      ? provideNatsVersion(kind, log)
      : findNatsServer({ log }));
    if (source.kind === "docker")
      throw new Error("a cluster needs a nats-server installed on this machine");
    const hosts: Host[] = [];
    for (let number = 1; number <= count; number += 1) {
      hosts.push(await this.#lan.add(`nats-${number}`));
    }
    await copyFile(ACCESS_CONFIG, this.#access);
    const env = accessEnv(TEST_PASSWORDS);
    for (const { name } of hosts) {
      if (diskBytes === undefined) break;
      this.#disks.set(name, await SmallDisk.make(this.storeOf(name), diskBytes));
    }
    const routes = hosts.map(({ address }) => `nats://${address}:${NATS_ROUTE_PORT}`);
    for (const host of hosts) {
      const config = join(this.#directory, `${host.name}.conf`);
      await writeFile(config, natsConfig(host, this.storeOf(host.name), routes));
      const args = ["--config", config];
      const healthUrl = `http://${host.address}:${NATS_MONITOR_PORT}/healthz`;
      this.#nodes.set(host.name, new Node({ host, command: source.path, args, env, healthUrl }));
    }
    await Promise.all(this.all("nats").map((node) => node.launch()));
    await Promise.all(this.all("nats").map((node) => node.ready()));
  }

  #addRole(host: Host, role: ServerRole, flags: readonly string[], hasClock: boolean): void {
    const ops = `http://${host.address}:${OPS_PORT}`;
    const argv = [...nodeFlags(role), bundled(`${role}/main.ts`), ...flags];
    const plain = [process.execPath, argv] as const;
    const [command, args] = hasClock ? withClock(this.#directory, host.name, ...plain) : plain;
    const options = {
      host,
      command,
      args,
      env: { OVATION_NATS_URL: this.natsUrls(role) },
      healthUrl: `${ops}/readyz`,
      metricsUrl: `${ops}/metrics`,
    };
    this.#nodes.set(host.name, new Node(options));
  }
}

/** A server reloads its configuration only if all of it came from a file. */
function natsConfig({ name, address }: Host, storeDir: string, routes: readonly string[]): string {
  const listen = `"${address}:${NATS_ROUTE_PORT}"`;
  const cluster = `cluster { name: faults, listen: ${listen}, routes: ${JSON.stringify(routes)} }`;
  return [
    `server_name: "${name}"`,
    `listen: "${address}:${NATS_PORT}"`,
    `http: "${address}:${NATS_MONITOR_PORT}"`,
    `jetstream { store_dir: "${storeDir}" }`,
    ...(routes.length > 1 ? [cluster] : []),
    `include "./${ACCESS_FILE}"`,
  ].join("\n");
}

function natsUrl({ host }: Node): string {
  return `nats://${host.address}:${NATS_PORT}`;
}

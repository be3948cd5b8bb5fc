/**
 * A network of hosts on this machine, made of Linux network namespaces: each host has an address of
 * its own, and what passes between two of them can be dropped for real, in one direction or both.
 */
import { execFile, execFileSync } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);
/** Names and addresses of two runs at a time must differ; interfaces may have 15 letters. */
const MARK = process.pid.toString(36);
const SUBNET = `10.231.${process.pid % 250}`;
const SWITCH = `ov${MARK}sw`;
const UPLINK = `ov${MARK}up`;

/** Why this machine can't have such a network; undefined when it can. */
export function lanFault(): string | undefined {
  if (process.platform !== "linux") return "network namespaces are Linux's";
  if (process.getuid?.() !== 0) return "only root may make network namespaces";
  try {
    execFileSync("iptables", ["--version"], { stdio: "ignore" });
    execFileSync("ip", ["netns", "add", `ov${MARK}try`], { stdio: "ignore" });
    execFileSync("ip", ["netns", "del", `ov${MARK}try`], { stdio: "ignore" });
    return undefined;
  } catch (error) {
    return `no network namespace can be made: ${String(error)}`;
  }
}

/** A host of the network. */
export interface Host {
  readonly name: string;
  readonly address: string;
  /** The command line that runs another one on this host. */
  wrap(command: string, args: readonly string[]): readonly [command: string, args: string[]];
}

async function ip(line: string): Promise<void> {
  await run("ip", line.split(" "));
}

export class Lan {
  readonly #hosts = new Map<string, string>();
  #nextAddress = 2;

  /** Makes the switch, and plugs this machine in, so that a test reaches every host. */
  static async start(): Promise<Lan> {
    // The switch is a namespace too: there, the machine's own firewall has no say.
    await ip(`netns add ${SWITCH}`);
    await ip(`-n ${SWITCH} link add br0 type bridge`);
    await ip(`-n ${SWITCH} link set br0 up`);
    await ip(`link add ${UPLINK} type veth peer name up0 netns ${SWITCH}`);
    await ip(`-n ${SWITCH} link set up0 master br0 up`);
    await ip(`addr add ${SUBNET}.1/24 dev ${UPLINK}`);
    await ip(`link set ${UPLINK} up`);
    return new Lan();
  }

  async add(name: string): Promise<Host> {
    const number = this.#nextAddress++;
    const namespace = `ov${MARK}n${number}`;
    const address = `${SUBNET}.${number}`;
    await ip(`netns add ${namespace}`);
    await ip(`-n ${SWITCH} link add p${number} type veth peer name eth0 netns ${namespace}`);
    await ip(`-n ${SWITCH} link set p${number} master br0 up`);
    await ip(`-n ${namespace} addr add ${address}/24 dev eth0`);
    await ip(`-n ${namespace} link set eth0 up`);
    await ip(`-n ${namespace} link set lo up`);
    this.#hosts.set(address, namespace);
    return {
      name,
      address,
      wrap: (command, args) => ["ip", ["netns", "exec", namespace, command, ...args]],
    };
  }

  /** From now on, nothing that `from` sends arrives at `to`; nobody is told. */
  async drop(from: Host, to: Host): Promise<void> {
    await this.#inside(to, ["iptables", "-A", "INPUT", "-s", from.address, "-j", "DROP"]);
  }

  /** From now on, whoever sends to this port of a host has the connection reset. */
  async reset(host: Host, port: number): Promise<void> {
    const rule = `-A INPUT -p tcp --dport ${port} -j REJECT --reject-with tcp-reset`;
    await this.#inside(host, ["iptables", ...rule.split(" ")]);
  }

  /** Everything that was dropped or reset passes again. */
  async heal(): Promise<void> {
    for (const namespace of this.#hosts.values()) {
      await run("ip", ["netns", "exec", namespace, "iptables", "-F", "INPUT"]);
    }
  }

  async stop(): Promise<void> {
    for (const namespace of [...this.#hosts.values(), SWITCH]) {
      await ip(`netns del ${namespace}`).catch(() => undefined);
    }
    await ip(`link del ${UPLINK}`).catch(() => undefined);
  }

  async #inside(host: Host, command: readonly string[]): Promise<void> {
    const namespace = this.#hosts.get(host.address);
    if (namespace === undefined) throw new Error(`${host.name} is no host of this network`);
    await run("ip", ["netns", "exec", namespace, ...command]);
  }
}

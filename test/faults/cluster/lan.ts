/**
 * A network of hosts on this machine, made of Linux network namespaces: each host has its own address,
 * and packets between two of them can really be dropped, in one direction or both.
 */
import { execFile, execFileSync } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);
/** Names and addresses of concurrent runs must differ; interface names have at most 15 letters. */
const MARK = process.pid.toString(36);
const SUBNET = `10.231.${process.pid % 250}`;
const SWITCH = `ov${MARK}sw`;
const UPLINK = `ov${MARK}up`;

/** Why this machine can't have such a network; undefined if it can. */
export function lanFault(): string | undefined {
  if (process.platform !== "linux") return "network namespaces need Linux";
  if (process.getuid?.() !== 0) return "only root may create network namespaces";
  try {
    execFileSync("iptables", ["--version"], { stdio: "ignore" });
    execFileSync("ip", ["netns", "add", `ov${MARK}try`], { stdio: "ignore" });
    execFileSync("ip", ["netns", "del", `ov${MARK}try`], { stdio: "ignore" });
    return undefined;
  } catch (error) {
    return `can't create a network namespace: ${String(error)}`;
  }
}

/** A host of the network. */
export interface Host {
  readonly name: string;
  readonly address: string;
  /** Wraps a command line so that it runs on this host. */
  wrap(command: string, args: readonly string[]): readonly [command: string, args: string[]];
}

async function ip(line: string): Promise<void> {
  await run("ip", line.split(" "));
}

export class Lan {
  readonly #hosts = new Map<string, string>();
  #nextAddress = 2;

  /** Creates the switch and connects this machine to it, so that a test reaches every host. */
  static async start(): Promise<Lan> {
    // The switch is a namespace too, so that the machine's own firewall doesn't apply.
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

  /** Silently drops everything that `from` sends to `to`. */
  async drop(from: Host, to: Host): Promise<void> {
    await this.#inside(to, ["iptables", "-A", "INPUT", "-s", from.address, "-j", "DROP"]);
  }

  /** Resets every connection to this port of a host. */
  async reset(host: Host, port: number): Promise<void> {
    const rule = `-A INPUT -p tcp --dport ${port} -j REJECT --reject-with tcp-reset`;
    await this.#inside(host, ["iptables", ...rule.split(" ")]);
  }

  /** Undoes every drop and reset. */
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
    if (namespace === undefined) throw new Error(`${host.name} is not a host of this network`);
    await run("ip", ["netns", "exec", namespace, ...command]);
  }
}

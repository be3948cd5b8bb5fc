/**
 * A link between servers and generator other than the loopback: a pair of virtual Ethernet devices,
 * of which the generator's is in a network namespace of its own. Over the loopback, the sender of a
 * packet does the receiver's half of TCP, too. Here that is done by another processor, as on another
 * machine. It needs Linux, root, iproute2 and util-linux.
 */
import { execFileSync } from "node:child_process";
import { availableParallelism } from "node:os";

/** Of the servers; the generator's addresses follow. */
const SERVERS = "10.231.0.1";
const GENERATOR = "10.231.0.2";
/** Addresses of publishers, one each. */
const PUBLISHERS = 250;

/** Where a run's servers listen, and where its generator runs. */
export interface Link {
  /** The address on which the gateways listen. */
  readonly host: string;
  /** The network namespace of the generator; undefined: that of this process. */
  readonly namespace: string | undefined;
  /** Addresses from which publishers connect, in turn. */
  readonly publisherAddresses: readonly string[];
  /** Keeps a server's process off the processor that receives for the generator. */
  pin(pid: number): void;
  close(): void;
}

export const LOOPBACK: Link = {
  host: "127.0.0.1",
  namespace: undefined,
  publisherAddresses: Array.from({ length: PUBLISHERS }, (_, index) => `127.0.200.${index + 1}`),
  pin: () => undefined,
  close: () => undefined,
};

/** @throws when the system doesn't permit it */
export function vethLink(): Link {
  const namespace = `ovation-bench-${process.pid}`;
  const [outside, inside] = [`ovb${process.pid}a`, `ovb${process.pid}b`];
  const ip = (command: string, input?: string) =>
    execFileSync("ip", command.split(" "), { input, stdio: ["pipe", "ignore", "pipe"] });
  const publisherAddresses = LOOPBACK.publisherAddresses.map(
    (_, index) => `10.231.200.${index + 1}`,
  );
  const receiver = availableParallelism() - 1;
  const close = () => {
    process.off("exit", close);
    // With the namespace, its device goes, and with that the other one.
    execFileSync("ip", ["netns", "delete", namespace]);
  };
  ip(`netns add ${namespace}`);
  process.once("exit", close);
  try {
    ip(`link add ${outside} type veth peer name ${inside} netns ${namespace}`);
    ip(`address add ${SERVERS}/16 dev ${outside}`);
    ip(`link set ${outside} up`);
    const within = [`${GENERATOR}`, ...publisherAddresses].map(
      (address) => `address add ${address}/16 dev ${inside}`,
    );
    const commands = [...within, `link set ${inside} up`, "link set lo up"].join("\n");
    ip(`-n ${namespace} -batch -`, commands);
    // What arrives for the generator is always received by this processor.
    const mask = (1n << BigInt(receiver)).toString(16);
    const file = `/sys/class/net/${inside}/queues/rx-0/rps_cpus`;
    ip(`netns exec ${namespace} tee ${file}`, mask);
  } catch (error) {
    close();
    throw error;
  }
  return {
    host: SERVERS,
    namespace,
    publisherAddresses,
    pin: (pid) => {
      if (receiver === 0) return;
      const others = `0-${receiver - 1}`;
      execFileSync("taskset", ["--all-tasks", "--pid", "--cpu-list", others, String(pid)]);
    },
    close,
  };
}

/** Checks continuously whether a gateway is ready and accepts connections. */
import { once } from "node:events";
import { connect as open } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import type { FaultCluster } from "./fault-cluster.ts";
import type { Node } from "./node.ts";

/** Opens a connection and closes it. @returns whether it was accepted */
async function canConnect(url: string): Promise<boolean> {
  const { hostname: host, port } = new URL(url);
  const socket = open({ host, port: Number(port) });
  return await once(socket, "connect")
    .then(
      () => true,
      () => false,
    )
    .finally(() => socket.destroy());
}

/** So that checking costs the gateway next to nothing. */
const PAUSE_MS = 10;

export class ConnectionGuard {
  /** Start of the last check that succeeded, in milliseconds since 1970. */
  lastReadyAt = 0;
  lastOpenAt = 0;
  readonly #node: Node;
  readonly #url: string;
  readonly #loop: Promise<void>;
  #isOver = false;

  constructor(cluster: FaultCluster, gateway: string) {
    this.#node = cluster.node(gateway);
    this.#url = cluster.urlOf(gateway);
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#loop;
  }

  async #run(): Promise<void> {
    while (!this.#isOver) {
      const at = Date.now();
      const [isReady, isOpen] = await Promise.all([this.#node.isReady(), canConnect(this.#url)]);
      if (isReady) this.lastReadyAt = at;
      if (isOpen) this.lastOpenAt = at;
      await wait(PAUSE_MS);
    }
  }
}

/** Looks again and again whether a gateway is ready and lets connections in. */
import { once } from "node:events";
import { connect as open } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import type { Node } from "./node.ts";
import type { FaultCluster } from "./world.ts";

/** Opens a connection of its own, and closes it. @returns whether somebody listened */
async function knock(url: string): Promise<boolean> {
  const { hostname: host, port } = new URL(url);
  const socket = open({ host, port: Number(port) });
  return await once(socket, "connect")
    .then(
      () => true,
      () => false,
    )
    .finally(() => socket.destroy());
}

/** So that looking costs the gateway next to nothing. */
const PAUSE_MS = 10;

export class Doorkeeper {
  /** When the last question was asked that was answered well, in milliseconds since 1970. */
  lastReadyAt = 0;
  lastOpenAt = 0;
  readonly #node: Node;
  readonly #url: string;
  readonly #looking: Promise<void>;
  #isOver = false;

  constructor(world: FaultCluster, gateway: string) {
    this.#node = world.node(gateway);
    this.#url = world.urlOf(gateway);
    this.#looking = this.#look();
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#looking;
  }

  async #look(): Promise<void> {
    while (!this.#isOver) {
      const at = Date.now();
      const [isReady, isOpen] = await Promise.all([this.#node.isReady(), knock(this.#url)]);
      if (isReady) this.lastReadyAt = at;
      if (isOpen) this.lastOpenAt = at;
      await wait(PAUSE_MS);
    }
  }
}

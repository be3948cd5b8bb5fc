/** Injects one random fault after the other during a soak. */
import type { Chance } from "../../support/random.ts";
import type { FaultCluster } from "../cluster/fault-cluster.ts";

/** A fault that has been injected. */
export interface InjectedFault {
  /** Seconds since the soak started. */
  readonly at: number;
  readonly what: string;
  /** Seconds until every process reported ready again. */
  readonly recovered: number;
}

interface Fault {
  readonly what: string;
  readonly inject: () => Promise<void>;
}

/** The first gateway and dispatcher run for the whole soak, to show what grows. */
const SPARED = new Set(["gateway-1", "dispatcher-1"]);
const CALM_MS = { min: 8_000, max: 16_000 };
const AWAY_MS = { min: 500, max: 6_000 };

export class FaultInjector {
  readonly injected: InjectedFault[] = [];
  readonly #cluster: FaultCluster;
  readonly #chance: Chance;
  readonly #startedAt = performance.now();

  constructor(cluster: FaultCluster, chance: Chance) {
    this.#cluster = cluster;
    this.#chance = chance;
  }

  /** Runs until the deadline, by `performance.now()`; at the end everything works. */
  async until(deadline: number): Promise<void> {
    for (;;) {
      const calmMs = this.#chance.between(CALM_MS.min, CALM_MS.max);
      if (performance.now() + calmMs + AWAY_MS.max > deadline) return;
      await pause(calmMs);
      const fault = this.#choose();
      const at = performance.now();
      await fault.inject();
      await this.#cluster.ready();
      this.injected.push({
        at: (at - this.#startedAt) / 1_000,
        what: fault.what,
        recovered: (performance.now() - at) / 1_000,
      });
    }
  }

  #choose(): Fault {
    const awayMs = this.#chance.between(AWAY_MS.min, AWAY_MS.max);
    const role = this.#chance.of(["gateway", "dispatcher", "nats"]);
    const candidates = this.#cluster.all(role).filter(({ name }) => !SPARED.has(name));
    const { name } = this.#chance.of(candidates);
    const nats = this.#chance.of(this.#cluster.all("nats")).name;
    const cluster = this.#cluster;
    const kill: Fault = {
      what: `kill ${name}`,
      inject: async () => {
        await cluster.kill(name);
        await pause(awayMs);
        await cluster.start(name);
      },
    };
    const stop: Fault = {
      what: `stop ${name}`,
      inject: async () => {
        await cluster.stop(name);
        await pause(awayMs);
        await cluster.start(name);
      },
    };
    const freeze: Fault = {
      what: `pause ${name}`,
      inject: async () => {
        cluster.pause(name);
        await pause(awayMs);
        cluster.resume(name);
      },
    };
    const cut: Fault = {
      what: `cut ${name} from ${nats}`,
      inject: async () => {
        await cluster.cut(name, nats);
        await pause(awayMs);
        await cluster.heal();
      },
    };
    // Kills come twice as often: they are what the soak is about.
    return this.#chance.of(
      role === "nats" ? [kill, kill, freeze] : [kill, kill, stop, freeze, cut],
    );
  }
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

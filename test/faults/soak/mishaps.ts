/** What befalls the deployment in the course of a soak: one mishap after the other, by chance. */
import type { Chance } from "../../support/random.ts";
import type { FaultCluster } from "../world/world.ts";

/** One that has happened. */
export interface Mishap {
  /** Seconds since the soak began. */
  readonly at: number;
  readonly what: string;
  /** Seconds until all said again that they can do their work. */
  readonly recovered: number;
}

interface Act {
  readonly what: string;
  readonly play: () => Promise<void>;
}

/** The first gateway and the first dispatcher live as long as the soak: they show what grows. */
const SPARED = new Set(["gateway-1", "dispatcher-1"]);
const CALM_MS = { min: 8_000, max: 16_000 };
const AWAY_MS = { min: 500, max: 6_000 };

export class Mishaps {
  readonly happened: Mishap[] = [];
  readonly #world: FaultCluster;
  readonly #chance: Chance;
  readonly #startedAt = performance.now();

  constructor(world: FaultCluster, chance: Chance) {
    this.#world = world;
    this.#chance = chance;
  }

  /** Goes on until then, by `performance.now()`; at its end everything works. */
  async until(deadline: number): Promise<void> {
    for (;;) {
      const calmMs = this.#chance.between(CALM_MS.min, CALM_MS.max);
      if (performance.now() + calmMs + AWAY_MS.max > deadline) return;
      await pause(calmMs);
      const act = this.#choose();
      const at = performance.now();
      await act.play();
      await this.#world.ready();
      this.happened.push({
        at: (at - this.#startedAt) / 1_000,
        what: act.what,
        recovered: (performance.now() - at) / 1_000,
      });
    }
  }

  #choose(): Act {
    const awayMs = this.#chance.between(AWAY_MS.min, AWAY_MS.max);
    const role = this.#chance.of(["gateway", "dispatcher", "nats"]);
    const mortal = this.#world.all(role).filter(({ name }) => !SPARED.has(name));
    const { name } = this.#chance.of(mortal);
    const nats = this.#chance.of(this.#world.all("nats")).name;
    const world = this.#world;
    const kill: Act = {
      what: `kill ${name}`,
      play: async () => {
        await world.kill(name);
        await pause(awayMs);
        await world.start(name);
      },
    };
    const stop: Act = {
      what: `stop ${name}`,
      play: async () => {
        await world.stop(name);
        await pause(awayMs);
        await world.start(name);
      },
    };
    const freeze: Act = {
      what: `pause ${name}`,
      play: async () => {
        world.pause(name);
        await pause(awayMs);
        world.resume(name);
      },
    };
    const cut: Act = {
      what: `cut ${name} from ${nats}`,
      play: async () => {
        await world.cut(name, nats);
        await pause(awayMs);
        await world.heal();
      },
    };
    // Twice as often as the others, since it is what the soak is about.
    return this.#chance.of(
      role === "nats" ? [kill, kill, freeze] : [kill, kill, stop, freeze, cut],
    );
  }
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

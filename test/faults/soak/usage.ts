/** Memory and open files of every process of the world, every few seconds. */
import { readdirSync } from "node:fs";
import { bytesOf, MIB } from "../world/memory.ts";
import type { FaultCluster } from "../world/world.ts";

const POLL_EVERY_MS = 5_000;

/** What a process held at a moment. */
export interface Sample {
  /** Seconds since the soak began. */
  readonly at: number;
  readonly rssMb: number;
  readonly handles: number;
}

export class Usage {
  /** By the name of the node, over all of its processes. */
  readonly samples = new Map<string, Sample[]>();
  readonly #world: FaultCluster;
  readonly #startedAt = performance.now();
  #timer: NodeJS.Timeout | undefined;

  constructor(world: FaultCluster) {
    this.#world = world;
  }

  start(): void {
    this.#timer = setInterval(() => this.#look(), POLL_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const at = (performance.now() - this.#startedAt) / 1_000;
    for (const { name, pid } of this.#world.all("")) {
      const held = heldBy(pid);
      if (held === undefined) continue;
      const samples = this.samples.get(name) ?? [];
      samples.push({ at, ...held });
      this.samples.set(name, samples);
    }
  }
}

/** Undefined when the process is gone. */
function heldBy(pid: number): Omit<Sample, "at"> | undefined {
  try {
    return { rssMb: bytesOf(pid, "VmRSS") / MIB, handles: readdirSync(`/proc/${pid}/fd`).length };
  } catch {
    return undefined;
  }
}

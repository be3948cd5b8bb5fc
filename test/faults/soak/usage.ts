/** Samples memory and open files of every process of the cluster, every few seconds. */
import { readdirSync } from "node:fs";
import type { FaultCluster } from "../cluster/fault-cluster.ts";
import { bytesOf, MIB } from "../cluster/memory.ts";

const POLL_EVERY_MS = 5_000;

/** What a process held at one moment. */
export interface Sample {
  /** Seconds since the soak started. */
  readonly at: number;
  readonly rssMb: number;
  readonly handles: number;
}

export class Usage {
  /** By node name, over all of its processes. */
  readonly samples = new Map<string, Sample[]>();
  readonly #cluster: FaultCluster;
  readonly #startedAt = performance.now();
  #timer: NodeJS.Timeout | undefined;

  constructor(cluster: FaultCluster) {
    this.#cluster = cluster;
  }

  start(): void {
    this.#timer = setInterval(() => this.#sample(), POLL_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #sample(): void {
    const at = (performance.now() - this.#startedAt) / 1_000;
    for (const { name, pid } of this.#cluster.all("")) {
      const held = heldBy(pid);
      if (held === undefined) continue;
      const samples = this.samples.get(name) ?? [];
      samples.push({ at, ...held });
      this.samples.set(name, samples);
    }
  }
}

/** Undefined if the process is gone. */
function heldBy(pid: number): Omit<Sample, "at"> | undefined {
  try {
    return { rssMb: bytesOf(pid, "VmRSS") / MIB, handles: readdirSync(`/proc/${pid}/fd`).length };
  } catch {
    return undefined;
  }
}

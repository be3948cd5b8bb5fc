/** The peak memory of the cluster's processes from a moment on (`man 5 proc`). */
import { readFileSync, writeFileSync } from "node:fs";
import type { Node } from "./node.ts";

export const MIB = 1_048_576;

/** @throws Error when there is no such process */
export function bytesOf(pid: number, field: "VmRSS" | "VmHWM"): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const kilobytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status)?.[1];
  return Number(kilobytes) * 1_024;
}

export class MemoryWatch {
  readonly #nodes: readonly Node[];
  readonly #before: ReadonlyMap<Node, number>;

  /** Starts now: what each process already takes is the baseline. */
  constructor(nodes: readonly Node[]) {
    this.#nodes = nodes;
    // Resets the peak to what is resident now.
    for (const { pid } of nodes) writeFileSync(`/proc/${pid}/clear_refs`, "5");
    this.#before = new Map(nodes.map((node) => [node, bytesOf(node.pid, "VmRSS")]));
  }

  /** The peak of each over its baseline, by name, in MiB. */
  growth(): Readonly<Record<string, number>> {
    return Object.fromEntries(
      this.#nodes.map((node) => {
        const grown = bytesOf(node.pid, "VmHWM") - (this.#before.get(node) ?? 0);
        return [node.name, Math.round(grown / MIB)];
      }),
    );
  }
}

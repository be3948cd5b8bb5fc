/** The cost of the measured window: the difference between its two ends. */
import type { LoadResult } from "../report/result.ts";
import type { Snapshot } from "./snapshot.ts";

const GENERATOR_KINDS: readonly string[] = ["viewers", "publishers", "controller"];

export type Cost = Pick<
  LoadResult,
  | "measuredSeconds"
  | "deliveriesPerSecond"
  | "cpuSeconds"
  | "cpuSecondsPerMillion"
  | "deliveriesPerServerCpuSecond"
  | "otherCores"
  | "socketWritesPerSecond"
  | "bytesPerDelivery"
  | "bytesPerViewerSecond"
  | "frameIntervalMs"
>;

/** Usage and deliveries up to one end of the measured window. */
export interface Edge {
  readonly use: Snapshot;
  /** Deliveries so far. */
  readonly received: number;
}

export function isGeneratorKind(kind: string): boolean {
  return GENERATOR_KINDS.includes(kind);
}

export function costOf(from: Edge, to: Edge, viewers: number): Cost {
  const seconds = (to.use.atUs - from.use.atUs) / 1e6;
  const deliveries = to.received - from.received;
  const cpuSeconds: Record<string, number> = {};
  for (const { kind, name, cpuSeconds: after } of to.use.processes) {
    const before = from.use.processes.find((process) => process.name === name)?.cpuSeconds ?? 0;
    cpuSeconds[kind] = (cpuSeconds[kind] ?? 0) + after - before;
  }
  const all = Object.values(cpuSeconds).reduce((sum, used) => sum + used, 0);
  const servers = Object.entries(cpuSeconds)
    .filter(([kind]) => !isGeneratorKind(kind))
    .reduce((sum, [, used]) => sum + used, 0);
  const millions = deliveries / 1e6;
  const bytes = to.use.frameBytes - from.use.frameBytes;
  return {
    measuredSeconds: seconds,
    deliveriesPerSecond: deliveries / seconds,
    cpuSeconds,
    cpuSecondsPerMillion: Object.fromEntries(
      Object.entries(cpuSeconds).map(([kind, used]) => [kind, millions > 0 ? used / millions : 0]),
    ),
    deliveriesPerServerCpuSecond: servers > 0 ? deliveries / servers : 0,
    otherCores: Math.max(
      0,
      (to.use.machineCpuSeconds - from.use.machineCpuSeconds - all) / seconds,
    ),
    socketWritesPerSecond: (to.use.frames - from.use.frames) / seconds,
    bytesPerDelivery: deliveries > 0 ? bytes / deliveries : 0,
    bytesPerViewerSecond: bytes / seconds / Math.max(1, viewers),
    frameIntervalMs: to.use.frameIntervalMs,
  };
}

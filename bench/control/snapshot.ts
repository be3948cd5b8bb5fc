/** Total usage up to a moment; the difference between two snapshots is the cost of the time between. */
import { nowUs } from "../clock.ts";
import { gatewayMetrics } from "./metrics.ts";
import { machineCpuSeconds, usageOf } from "./proc.ts";
import type { ServerProcess } from "./system.ts";

export interface ProcessUse {
  readonly kind: string;
  readonly name: string;
  readonly cpuSeconds: number;
  readonly rssBytes: number;
}

export interface Snapshot {
  readonly atUs: number;
  readonly processes: readonly ProcessUse[];
  readonly machineCpuSeconds: number;
  /** Summed over the gateways. */
  readonly frames: number;
  readonly frameBytes: number;
  readonly dropped: number;
  readonly sampled: number;
  /** The longest of all gateways. */
  readonly frameIntervalMs: number;
}

/** Only the processes' usage, which takes negligible time. */
export function usesOf(processes: readonly ServerProcess[]): ProcessUse[] {
  return processes
    .filter(({ pid }) => pid > 0)
    .map(({ kind, name, pid }) => ({ kind, name, ...usageOf(pid) }));
}

export async function snapshot(
  servers: readonly ServerProcess[],
  generators: readonly ServerProcess[],
): Promise<Snapshot> {
  const pages = await gatewayMetrics(servers);
  const values = (name: string) => pages.map((page) => page.sum(`ovation_gateway_${name}`));
  const sum = (name: string) => values(name).reduce((all, value) => all + value, 0);
  return {
    atUs: nowUs(),
    processes: usesOf([...servers, ...generators]),
    machineCpuSeconds: machineCpuSeconds(),
    frames: sum("frames_sent_total"),
    frameBytes: sum("bytes_sent_total"),
    dropped: sum("events_dropped_total"),
    sampled: sum("events_sampled_total"),
    frameIntervalMs: Math.max(0, ...values("frame_interval_seconds")) * 1_000,
  };
}

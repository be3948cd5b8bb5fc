/** The figures of every load, and the remarks that are needed to read them correctly. */
import { availableParallelism } from "node:os";
import { isGeneratorKind } from "../control/cost.ts";
import type { Figure, LoadResult } from "./result.ts";

/** Goals by the name of the figure. */
export type Goals = Readonly<Record<string, Figure["goal"]>>;

export const noneLost: Goals = {
  lost: { relation: "=", value: 0 },
  twice: { relation: "=", value: 0 },
  surplus: { relation: "=", value: 0 },
};

/** @param prefix distinguishes the loads of one run */
export function figuresOf(load: LoadResult, goals: Goals = {}, prefix = ""): Figure[] {
  const figure = (name: string, unit: string, value: number, better: Figure["better"]): Figure => {
    const goal = goals[name];
    return { name: prefix + name, unit, value, better, ...(goal === undefined ? {} : { goal }) };
  };
  const { exactness, latency, acknowledged, cpuSecondsPerMillion } = load;
  // For servers elsewhere, processor time and memory are unknown, and without metrics everything else.
  const hasServers = load.deliveriesPerServerCpuSecond > 0;
  const hasMetrics = load.socketWritesPerSecond > 0;
  return [
    figure("deliveries", "/s", load.deliveriesPerSecond, "higher"),
    figure("latency p50", "ms", latency.p50, "lower"),
    figure("latency p90", "ms", latency.p90, "lower"),
    figure("latency p99", "ms", latency.p99, "lower"),
    figure("latency p99.9", "ms", latency.p999, "lower"),
    figure("latency max", "ms", latency.max, "lower"),
    figure("acknowledged p50", "ms", acknowledged.p50, "lower"),
    figure("acknowledged p99", "ms", acknowledged.p99, "lower"),
    figure("lost", "deliveries", exactness.lost, "exact"),
    figure("twice", "deliveries", exactness.twice, "exact"),
    figure("surplus", "deliveries", exactness.surplus, "exact"),
    figure("chain breaks", "", exactness.chainBreaks, "exact"),
    figure("counted only", "deliveries", exactness.countedOnly, "neither"),
    figure("unjudged viewers", "", exactness.unjudged, "exact"),
    ...Object.entries(cpuSecondsPerMillion)
      .filter(([kind]) => hasServers || isGeneratorKind(kind))
      .map(([kind, used]) => figure(`CPU of ${kind}`, "s per million deliveries", used, "lower")),
    ...(hasServers
      ? [
          figure(
            "deliveries per CPU second",
            "of the servers",
            load.deliveriesPerServerCpuSecond,
            "higher",
          ),
          figure("gateway RSS per viewer", "bytes", load.rssPerViewerBytes, "lower"),
        ]
      : []),
    ...(hasMetrics
      ? [
          figure("socket writes", "/s", load.socketWritesPerSecond, "neither"),
          figure("bytes per delivery", "bytes", load.bytesPerDelivery, "lower"),
          figure("bytes per viewer", "bytes/s", load.bytesPerViewerSecond, "neither"),
          figure("frame interval at the end", "ms", load.frameIntervalMs, "neither"),
        ]
      : []),
    figure("all subscribed after", "ms", load.openMs, "lower"),
  ];
}

/** Above this share of a core, a generator process counts as the limit. */
const FULL_CORE = 0.85;
const LATE_MS = 5;
const OTHERS_CORES = 0.1;
const FULL_MACHINE = 0.95;

/** What limits a load's figures other than the servers, and what went wrong. */
export function remarksOf(load: LoadResult): string[] {
  const remarks: string[] = [];
  const { cpuSeconds, measuredSeconds, split, lateness, otherCores, exactness } = load;
  const viewersCores = (cpuSeconds["viewers"] ?? 0) / measuredSeconds;
  const generator = Object.entries(cpuSeconds)
    .filter(([kind]) => isGeneratorKind(kind))
    .reduce((all, [, used]) => all + used / measuredSeconds, 0);
  const all = Object.values(cpuSeconds).reduce((sum, used) => sum + used, 0) / measuredSeconds;
  remarks.push(
    `${split.atOnce} viewers read at once and measure latency; of the others, ${load.gathered} let frames accumulate and are read a few times a second, with exact counts, and ${split.others - load.gathered} read at once, too`,
    `the generator used ${generator.toFixed(2)} cores, ${viewersCores.toFixed(2)} of them for viewers`,
  );
  const lag = load.seconds.map(({ lagMs }) => lagMs).sort((one, other) => one - other);
  const medianLag = lag[Math.floor(lag.length / 2)] ?? 0;
  if (medianLag > LATE_MS) {
    remarks.push(
      `LIMIT: the event loop that measures latencies was delayed by ${medianLag.toFixed(0)} ms in a typical second: the slowest latencies are partly the generator's own`,
    );
  }
  if (lateness.p99 > LATE_MS) {
    remarks.push(
      `LIMIT: 1 % of events were sent more than ${lateness.p99.toFixed(0)} ms late by the generator, which their latency includes`,
    );
  }
  if (viewersCores > FULL_CORE * Math.max(1, split.processes)) {
    remarks.push(
      "LIMIT: the viewers' processes were at full load: deliveries show their limit, not the servers'",
    );
  }
  const cores = availableParallelism();
  if (all + otherCores > FULL_MACHINE * cores) {
    remarks.push(
      `LIMIT: all ${cores} cores were at full load, ${generator.toFixed(2)} of them for the generator: latencies include waiting for processor time that it used`,
    );
  }
  if (otherCores > OTHERS_CORES) {
    remarks.push(
      `NOISE: other programs on this machine used ${otherCores.toFixed(2)} cores during the run`,
    );
  }
  if (load.unsure > 0) {
    remarks.push(
      `${load.unsure} publishes may or may not have been accepted: they count neither as lost nor as surplus`,
    );
  }
  for (const [code, count] of Object.entries(load.refused)) {
    remarks.push(`${count} publishes were rejected: ${code}`);
  }
  for (const [why, count] of Object.entries(load.faults)) {
    remarks.push(`${count} connections failed: ${why}`);
  }
  if (exactness.stale > 0) {
    remarks.push(
      `${exactness.stale} events arrived so late that they could not be distinguished from repeats`,
    );
  }
  return remarks;
}

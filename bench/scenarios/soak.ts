import { figuresOf, noneLost, remarksOf } from "../report/figures.ts";
import type { Figure, Second } from "../report/result.ts";
import { type Scenario, systemOf } from "./scenario.ts";
import { runOnly, steadyPlan } from "./steady-load.ts";

const SECONDS = 600;

/** The slope of the best-fit line, in units of `of` per hour. */
export function perHour(
  seconds: readonly Second[],
  of: (second: Second) => number | undefined,
): number {
  const points = seconds.flatMap((second) => {
    const value = of(second);
    return value === undefined ? [] : [[second.at, value] as const];
  });
  const mean = (index: 0 | 1) =>
    points.reduce((sum, point) => sum + point[index], 0) / Math.max(1, points.length);
  const [atMean, valueMean] = [mean(0), mean(1)];
  const shared = points.reduce((sum, [at, value]) => sum + (at - atMean) * (value - valueMean), 0);
  const spread = points.reduce((sum, [at]) => sum + (at - atMean) ** 2, 0);
  return spread === 0 ? 0 : (3_600 * shared) / spread;
}

export const soak: Scenario = {
  name: "soak",
  question:
    "Does anything grow or slow down over time? 20 likes a second to 2,000 viewers for ten minutes, or as long as --seconds says; memory and latency are recorded every second, and their trend over the second half is reported.",
  run: async (options, watcher) => {
    const steady = { viewers: 2_000, rate: 20, warmUpSeconds: 10, seconds: SECONDS };
    const plan = steadyPlan({ name: "soak", kind: "like", ...steady }, options);
    const load = await runOnly(await systemOf(options, watcher), plan, watcher);
    // In the first half, caches and heaps grow to their normal size.
    const half = load.seconds.slice(Math.floor(load.seconds.length / 2));
    const trends: Figure[] = ["gateway", "dispatcher", "nats"]
      // For servers elsewhere it is unknown.
      .filter((kind) => half.some(({ rssBytes }) => (rssBytes[kind] ?? 0) > 0))
      .map((kind) => ({
        name: `RSS trend of ${kind}`,
        unit: "MiB/hour",
        value: perHour(half, ({ rssBytes }) => rssBytes[kind]) / 2 ** 20,
        better: "lower",
      }));
    const slower: Figure = {
      name: "latency p99 trend",
      unit: "ms/hour",
      value: perHour(half, ({ p99 }) => p99),
      better: "lower",
    };
    return {
      figures: [...trends, slower, ...figuresOf(load, noneLost)],
      loads: [load],
      remarks: remarksOf(load),
    };
  },
};

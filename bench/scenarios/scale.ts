import { remarksOf } from "../report/figures.ts";
import type { Figure, LoadResult } from "../report/result.ts";
import { type Scenario, stackOf } from "./scenario.ts";
import { runOnly, steadyPlan } from "./steady-load.ts";

/** Gateways and dispatchers of each step. */
const STEPS = [
  [1, 1],
  [2, 1],
  [4, 1],
  [1, 2],
  [1, 4],
  [4, 4],
] as const;

/** So that all steps batch equally: an idle gateway would otherwise write more often than a busy one. */
const SAME_FRAMES = ["--frame-interval-min-ms=60", "--frame-interval-viewers=0"];

export const scale: Scenario = {
  name: "scale",
  question:
    "Does a delivery cost the same however many gateways and dispatchers there are, so that adding some adds capacity? The same load, 3,000 viewers and 50 likes a second, which saturates no step, on one to four gateways and one to four dispatchers, with a frame every 60 ms everywhere, because idle gateways would send more frames.",
  run: async (options, watcher) => {
    const loads: LoadResult[] = [];
    const figures: Figure[] = [];
    const remarks: string[] = [];
    const alike = { ...options, gatewayFlags: [...SAME_FRAMES, ...options.gatewayFlags] };
    for (const [gateways, dispatchers] of STEPS) {
      const name = `${gateways} gateways, ${dispatchers} dispatchers`;
      const steady = { viewers: 3_000, rate: 50, warmUpSeconds: 3, seconds: 10 };
      const plan = steadyPlan({ name, kind: "like", ...steady }, options);
      const stack = await stackOf(alike, watcher, { gateways, dispatchers });
      const load = await runOnly(stack, plan, watcher);
      loads.push(load);
      const of = (kind: string) => load.cpuSecondsPerMillion[kind] ?? 0;
      const servers = of("gateway") + of("dispatcher") + of("nats");
      const unit = "s per million deliveries";
      figures.push(
        { name: `${name}: CPU of servers`, unit, value: servers, better: "lower" },
        {
          name: `${name}: socket writes`,
          unit: "/s",
          value: load.socketWritesPerSecond,
          better: "neither",
        },
        { name: `${name}: latency p99`, unit: "ms", value: load.latency.p99, better: "lower" },
        {
          name: `${name}: lost`,
          unit: "deliveries",
          value: load.exactness.lost,
          better: "exact",
        },
      );
      remarks.push(...remarksOf(load).map((remark) => `${name}: ${remark}`));
    }
    return { figures, loads, remarks };
  },
};

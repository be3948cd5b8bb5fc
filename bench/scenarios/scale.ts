import { runLoad } from "../control/load.ts";
import { remarksOf } from "../report/figures.ts";
import type { Figure, LoadResult } from "../report/result.ts";
import {
  connectionsFor,
  newVideo,
  oneVideo,
  SAMPLE,
  type Scenario,
  stackOf,
  steady,
} from "./scenario.ts";

/** Gateways and dispatchers of each step. */
const STEPS = [
  [1, 1],
  [2, 1],
  [4, 1],
  [1, 2],
  [1, 4],
  [4, 4],
] as const;

/** All batch alike: a gateway with time to spare would otherwise write more often than a busy one. */
const SAME_FRAMES = "--frame-interval-min-ms=60";

export const scale: Scenario = {
  name: "scale",
  question:
    "Does a delivery cost the same however many gateways and dispatchers there are, so that adding some adds capacity? The same load, 3,000 viewers and 50 likes a second, which no step is full with, on one to four gateways and one to four dispatchers, with a frame every 60 ms everywhere, since gateways with time to spare would send more of them.",
  run: async (options, watcher) => {
    const viewers = options.viewers ?? 3_000;
    const rate = options.rate ?? 50;
    const warmUp = options.warmUpSeconds ?? 3;
    const seconds = options.seconds ?? 10;
    const loads: LoadResult[] = [];
    const figures: Figure[] = [];
    const remarks: string[] = [];
    const alike = { ...options, gatewayFlags: [SAME_FRAMES, ...options.gatewayFlags] };
    for (const [gateways, dispatchers] of STEPS) {
      const name = `${gateways} gateways, ${dispatchers} dispatchers`;
      const video = newVideo("scale");
      const stack = await stackOf(alike, watcher, { gateways, dispatchers });
      try {
        const load = await runLoad(
          stack,
          {
            name,
            kind: "like",
            audiences: oneVideo(video, viewers),
            streams: [steady(video, "like", rate, warmUp + seconds)],
            warmUpMs: warmUp * 1_000,
            measureMs: seconds * 1_000,
            sample: options.sample ?? SAMPLE,
            publisherConnections: connectionsFor(rate),
          },
          watcher,
        );
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
      } finally {
        await stack.stop();
      }
    }
    return { figures, loads, remarks };
  },
};

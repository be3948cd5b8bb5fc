import { figuresOf, remarksOf } from "../report/figures.ts";
import type { Figure, LoadResult } from "../report/result.ts";
import { type Scenario, stackOf } from "./scenario.ts";
import { runOnly, steadyPlan } from "./steady-load.ts";

const KINDS = "--kinds=like:transient,comment:durable,score:state";

export const state: Scenario = {
  name: "state",
  question:
    "Does a change of state reach a large audience as fast as a comment does? Five comments a second to 10,000 viewers of one video, and then five changes of a score a second; both are stored before they are acknowledged. A viewer gets only the newest value of each frame, so a change that another overtook counts as lost.",
  run: async (options, watcher) => {
    const steady = { viewers: 10_000, rate: 5, warmUpSeconds: 3, seconds: 20 };
    const flags = {
      gatewayFlags: [KINDS, ...options.gatewayFlags],
      dispatcherFlags: [KINDS, ...options.dispatcherFlags],
    };
    const loads: LoadResult[] = [];
    const figures: Figure[] = [];
    const remarks: string[] = [];
    const text = "What a goal!";
    for (const kind of ["comment", "score"] as const) {
      const plan = steadyPlan({ name: kind, kind, text, ...steady }, options);
      const load = await runOnly(await stackOf({ ...options, ...flags }, watcher), plan, watcher);
      loads.push(load);
      figures.push(...figuresOf(load, {}, `${kind}: `));
      remarks.push(...remarksOf(load).map((remark) => `${kind}: ${remark}`));
    }
    const [comment, score] = loads.map(({ latency }) => latency);
    for (const percentile of ["p50", "p99"] as const) {
      figures.push({
        name: `latency ${percentile}, score against comment`,
        unit: "times",
        value: (score?.[percentile] ?? 0) / (comment?.[percentile] ?? 1),
        better: "lower",
        goal: { relation: "≤", value: 1.5 },
      });
    }
    return { figures, loads, remarks };
  },
};

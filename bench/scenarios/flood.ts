import { figuresOf, noneLost, remarksOf } from "../report/figures.ts";
import { type Scenario, systemOf } from "./scenario.ts";
import { runOnly, steadyPlan } from "./steady-load.ts";

export const flood: Scenario = {
  name: "flood",
  question:
    "What do viewers get when a video is liked far more often than anybody could show? 10,000 likes a second on one video with 1,000 viewers: counts must stay exact, while what each viewer is sent stays bounded and on time.",
  run: async (options, watcher) => {
    const steady = { viewers: 1_000, rate: 10_000, seconds: 15 };
    // Fewer than elsewhere, because each of them gets so much.
    const plan = steadyPlan({ name: "flood", kind: "like", sample: 50, ...steady }, options);
    const load = await runOnly(await systemOf(options, watcher), plan, watcher);
    const goals = { ...noneLost, "latency p99": { relation: "≤", value: 150 } } as const;
    return { figures: figuresOf(load, goals), loads: [load], remarks: remarksOf(load) };
  },
};

import { figuresOf, type Goals, noneLost, remarksOf } from "../report/figures.ts";
import { type Scenario, systemOf } from "./scenario.ts";
import { runOnly, steadyPlan } from "./steady-load.ts";

const goalsAt = (viewers: number): Goals =>
  viewers >= 10_000
    ? {
        ...noneLost,
        "latency p90": { relation: "≤", value: 75 },
        "latency p99": { relation: "≤", value: 150 },
      }
    : { ...noneLost, "latency p99": { relation: "≤", value: viewers <= 1_000 ? 10 : 150 } };

export const likes: Scenario = {
  name: "likes",
  question:
    "How long does a like take to reach every viewer, and what does it cost, when one video has a large audience that likes it steadily? 100 likes a second, each sent individually over a WebSocket, to 10,000 viewers of one video: a million deliveries a second through two gateways and two dispatchers.",
  run: async (options, watcher) => {
    const viewers = options.viewers ?? 10_000;
    const plan = steadyPlan(
      { name: "likes", kind: "like", viewers, rate: 100, seconds: 20 },
      options,
    );
    const load = await runOnly(await systemOf(options, watcher), plan, watcher);
    return { figures: figuresOf(load, goalsAt(viewers)), loads: [load], remarks: remarksOf(load) };
  },
};

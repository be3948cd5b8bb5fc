import { figuresOf, noneLost, remarksOf } from "../report/figures.ts";
import { type Scenario, systemOf } from "./scenario.ts";
import { runOnly, steadyPlan } from "./steady-load.ts";

const COMMENT = "What a goal! Did you see how he went past all three of them?";

export const comments: Scenario = {
  name: "comments",
  question:
    "How long does it take until a comment is stored and acknowledged, and until everybody sees it? 200 comments a second to 1,000 viewers of one video; each is stored before it is acknowledged, and every viewer must get all of them in one order.",
  run: async (options, watcher) => {
    const steady = { viewers: 1_000, rate: 200, seconds: 15 };
    const plan = steadyPlan(
      { name: "comments", kind: "comment", text: COMMENT, ...steady },
      options,
    );
    const load = await runOnly(await systemOf(options, watcher), plan, watcher);
    const goals = {
      ...noneLost,
      "chain breaks": { relation: "=", value: 0 },
      "acknowledged p99": { relation: "≤", value: 10 },
      "latency p99": { relation: "≤", value: 25 },
    } as const;
    return { figures: figuresOf(load, goals), loads: [load], remarks: remarksOf(load) };
  },
};

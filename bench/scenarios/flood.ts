import { runLoad } from "../control/load.ts";
import { figuresOf, noneLost, remarksOf } from "../report/figures.ts";
import {
  connectionsFor,
  newVideo,
  oneVideo,
  type Scenario,
  steady,
  systemOf,
  WARM_UP_SECONDS,
} from "./scenario.ts";

export const flood: Scenario = {
  name: "flood",
  question:
    "What do viewers get when a video is liked far more often than anybody could show? 10,000 likes a second on one video with 1,000 viewers: counts must stay exact, while what each viewer is sent stays bounded and on time.",
  run: async (options, watcher) => {
    const viewers = options.viewers ?? 1_000;
    const rate = options.rate ?? 10_000;
    const warmUp = options.warmUpSeconds ?? WARM_UP_SECONDS;
    const seconds = options.seconds ?? 15;
    const video = newVideo("flood");
    const system = await systemOf(options, watcher);
    try {
      const load = await runLoad(
        system,
        {
          name: "flood",
          kind: "like",
          audiences: oneVideo(video, viewers),
          streams: [steady(video, "like", rate, warmUp + seconds)],
          warmUpMs: warmUp * 1_000,
          measureMs: seconds * 1_000,
          // Fewer than elsewhere: each of them is sent very much.
          sample: options.sample ?? 50,
          publisherConnections: connectionsFor(rate),
        },
        watcher,
      );
      const goals = { ...noneLost, "latency p99": { relation: "≤", value: 150 } } as const;
      return { figures: figuresOf(load, goals), loads: [load], remarks: remarksOf(load) };
    } finally {
      await system.stop();
    }
  },
};

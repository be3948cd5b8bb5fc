import { runLoad } from "../control/load.ts";
import { figuresOf, noneLost, remarksOf } from "../report/figures.ts";
import {
  connectionsFor,
  newVideo,
  oneVideo,
  SAMPLE,
  type Scenario,
  steady,
  systemOf,
  WARM_UP_SECONDS,
} from "./scenario.ts";

const COMMENT = "What a goal! Did you see how he went past all three of them?";

export const comments: Scenario = {
  name: "comments",
  question:
    "How long does it take until a comment is stored and its author told so, and until everybody sees it? 200 comments a second to 1,000 viewers of one video; each is stored before it is acknowledged, and every viewer must get all of them in one order.",
  run: async (options, watcher) => {
    const viewers = options.viewers ?? 1_000;
    const rate = options.rate ?? 200;
    const warmUp = options.warmUpSeconds ?? WARM_UP_SECONDS;
    const seconds = options.seconds ?? 15;
    const video = newVideo("comments");
    const system = await systemOf(options, watcher);
    try {
      const load = await runLoad(
        system,
        {
          name: "comments",
          kind: "comment",
          audiences: oneVideo(video, viewers),
          streams: [steady(video, "comment", rate, warmUp + seconds, COMMENT)],
          warmUpMs: warmUp * 1_000,
          measureMs: seconds * 1_000,
          sample: options.sample ?? SAMPLE,
          publisherConnections: connectionsFor(rate),
        },
        watcher,
      );
      const goals = {
        ...noneLost,
        "chain breaks": { relation: "=", value: 0 },
        "acknowledged p99": { relation: "≤", value: 10 },
        "latency p99": { relation: "≤", value: 25 },
      } as const;
      return { figures: figuresOf(load, goals), loads: [load], remarks: remarksOf(load) };
    } finally {
      await system.stop();
    }
  },
};
